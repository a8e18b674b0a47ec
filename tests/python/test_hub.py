"""The cache that unskew shares with `huggingface_hub`, and the configs and splits that `datasets` finds, too."""

import json
import os
import subprocess

import pytest
from serving import python, serving

ROWS = "".join(json.dumps({"id": row, "task": "math" if row % 5 else "coding"}) + "\n" for row in range(200))
FILES = {
    "README.md": "---\nlicense: mit\n---\n# Rows\n",
    "data/train-00000-of-00001.jsonl": ROWS,
    "data/test-00000-of-00001.jsonl": ROWS[:500].rsplit("\n", 1)[0] + "\n",
    "notes/readme.txt": "notes",
}


@pytest.fixture
def hub(tmp_path):
    """A Hub with one dataset, and the environment of its clients; what is asked of it is told in a file."""
    with serving(tmp_path, "me/rows", FILES, "--verbose") as environment:
        yield environment


def run(environment, tmp_path, *arguments):
    done = subprocess.run(
        [os.environ["UNSKEW"], *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


OFFLINE = {"HF_HUB_OFFLINE": "1"}
INSPECT = ["inspect", "hf://datasets/me/rows", "--by", "task"]


def test_what_python_has_pulled_is_not_pulled_again(hub, tmp_path):
    python(hub, "from huggingface_hub import snapshot_download; snapshot_download('me/rows', repo_type='dataset')")
    assert "218 rows in 2 files" in run(hub | OFFLINE, tmp_path, *INSPECT)


def test_files_that_python_has_pulled_one_by_one_are_found(hub, tmp_path):
    for path in FILES:
        python(hub, f"from huggingface_hub import hf_hub_download; hf_hub_download('me/rows', {path!r}, repo_type='dataset')")
    assert "218 rows in 2 files" in run(hub | OFFLINE, tmp_path, *INSPECT)


def test_what_unskew_has_pulled_is_there_for_python(hub, tmp_path):
    run(hub, tmp_path, *INSPECT)
    for path in FILES:
        if path.endswith(".txt"):
            continue
        program = (
            "from huggingface_hub import hf_hub_download;"
            f"path = hf_hub_download('me/rows', {path!r}, repo_type='dataset');"
            "print(open(path, encoding='utf-8').read(), end='')"
        )
        assert python(hub | OFFLINE, program) == FILES[path]
    missing = "from huggingface_hub import try_to_load_from_cache as look;print(look('me/rows', '.huggingface.yaml', repo_type='dataset'))"
    assert "object" in python(hub | OFFLINE, missing)


def upload_large(hub, tmp_path, *repos):
    """Puts a file into repositories that is large enough for the content-addressed store."""
    row = json.loads(ROWS.splitlines()[0])
    rows = "".join(json.dumps(row | {"id": at, "text": f"{at:04x}" * 1000}) + "\n" for at in range(3000))
    (tmp_path / "large.jsonl").write_text(rows, encoding="utf-8")
    for repo in repos:
        python(
            hub,
            "from huggingface_hub import HfApi; api = HfApi();"
            f"api.create_repo({repo!r}, repo_type='dataset', exist_ok=True);"
            f"api.upload_file(path_or_fileobj={str(tmp_path / 'large.jsonl')!r}, path_in_repo='large.jsonl', repo_id={repo!r}, repo_type='dataset')",
        )


def test_large_files_come_from_the_content_addressed_store(hub, tmp_path):
    upload_large(hub, tmp_path, "me/rows")
    before = (tmp_path / "log").read_text(encoding="utf-8")
    look = ["inspect", "hf://datasets/me/rows/large.jsonl", "--by", "task"]
    assert "3 000 rows" in run(hub, tmp_path, *look)
    asked = (tmp_path / "log").read_text(encoding="utf-8")[len(before) :]
    assert "cas 200 GET /v2/reconstructions/" in asked and "cdn" not in asked and "telemetry" not in asked
    assert "3 000 rows" in run(hub | OFFLINE, tmp_path, *look)
    plain = hub | {"HF_HUB_DISABLE_XET": "1", "HF_HOME": str(tmp_path / "other")}
    assert "3 000 rows" in run(plain, tmp_path, *look)
    assert "cdn 200 GET" in (tmp_path / "log").read_text(encoding="utf-8")


def test_what_python_keeps_once_for_all_repositories_is_found(hub, tmp_path):
    upload_large(hub, tmp_path, "me/rows", "me/copy")
    pull = "from huggingface_hub import hf_hub_download; print(hf_hub_download('me/{}', 'large.jsonl', repo_type='dataset'))"
    python(hub, pull.format("rows"))
    cache = tmp_path / "home/hub"
    (blob,) = (cache / "datasets--me--rows/blobs").iterdir()
    shared = blob.resolve()
    assert blob.is_symlink() and shared.parent.parent == cache / "blobs"
    look = ["inspect", "hf://datasets/me/rows/large.jsonl"]
    assert "3 000 rows" in run(hub | OFFLINE, tmp_path, *look)
    # What Python has let go of comes again, and is not written where it kept it.
    shared.unlink()
    assert "3 000 rows" in run(hub, tmp_path, *look)
    assert not blob.is_symlink() and not shared.exists()
    run(hub, tmp_path, "inspect", "hf://datasets/me/copy/large.jsonl")
    for repo in ("rows", "copy"):
        found = python(hub | OFFLINE, pull.format(repo)).strip()
        assert open(found, encoding="utf-8").read() == (tmp_path / "large.jsonl").read_text(encoding="utf-8")
    # Both clients go on with what the other one has.
    before = (tmp_path / "log").read_text(encoding="utf-8")
    python(hub, pull.format("copy"))
    run(hub, tmp_path, *look)
    asked = (tmp_path / "log").read_text(encoding="utf-8")[len(before) :]
    assert "/reconstructions/" not in asked and "cdn" not in asked


LAYOUTS = [
    (["a.jsonl", "b.jsonl"], ""),
    (["train.jsonl", "test.jsonl"], ""),
    (["data/train-00000-of-00002.jsonl", "data/train-00001-of-00002.jsonl", "data/hard-00000-of-00001.jsonl", "x.jsonl"], ""),
    (["train/a.jsonl", "dev/a.jsonl", "eval.jsonl"], ""),
    (["my-train.jsonl", "my_eval_1.jsonl", "constrain.jsonl"], ""),
    (["config.json", "dataset_infos.json", "x/rows.jsonl", ".hidden/rows.jsonl", "__x/rows.jsonl"], ""),
    (["easy/a.jsonl", "easy/b.jsonl", "hard/a.jsonl"], "configs:\n- config_name: easy\n  data_files: easy/*\n- config_name: hard\n  data_files: hard/*"),
    (["x/train.jsonl", "x/test.jsonl", "y/a.jsonl"], "configs:\n- config_name: x\n  data_dir: x\n  default: true\n- config_name: y\n  data_dir: y"),
    (
        ["a.jsonl", "sub/b.jsonl", "sub/deep/c.jsonl"],
        "configs:\n- config_name: default\n  data_files:\n  - split: train\n    path: [a.jsonl, 'none-*', 'sub/**']\n  - {split: extra, path: '*/*.jsonl'}",
    ),
]


@pytest.mark.parametrize("layout", LAYOUTS, ids=[" ".join(files) for files, _ in LAYOUTS])
def test_configs_and_splits_are_those_of_datasets(layout, unskew, tmp_path):
    from datasets import load_dataset_builder

    files, yaml = layout
    folder = tmp_path / "rows"
    for path in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("{}" if path.endswith(".json") else '{"x": 1}\n', encoding="utf-8")
    if yaml:
        (folder / "README.md").write_text(f"---\n{yaml}\n---\n", encoding="utf-8")
    configs = [line.split(": ")[1] for line in yaml.splitlines() if "config_name" in line] or [None]
    for config in configs:
        found = load_dataset_builder(str(folder), config).config.data_files
        for split, paths in found.items():
            chosen = {"path": "rows", "split": str(split)} | ({"config": config} if config else {})
            recipe = {"source": chosen, "output": {"to": "out", "format": "jsonl"}}
            (tmp_path / "recipe.yaml").write_text(json.dumps(recipe), encoding="utf-8")
            unskew("run", "recipe.yaml", "--quiet", "--force")
            lock = json.loads((tmp_path / "out/.unskew/lock.json").read_text(encoding="utf-8"))
            ours = sorted(str(source["path"]) for source in lock["sources"])
            assert ours == sorted({os.path.relpath(path, folder) for path in paths}), (config, split)
