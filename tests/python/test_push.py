"""What unskew pushes, as `datasets` and `huggingface_hub` see it."""

import json
import os
import subprocess

import pytest
from serving import python, serving

ROWS = [
    {"prompt": f"Question {row}?", "completion": f"Answer {row}.", "label": row % 500 >= 127} for row in range(1000)
]


@pytest.fixture(params=[(), ("--no-xet",)], ids=["xet", "lfs"])
def hub(tmp_path, request):
    """A Hub with a dataset of 746 desirable rows and 254 others, and the environment of its clients."""
    rows = "".join(json.dumps(row) + "\n" for row in ROWS)
    files = {"README.md": "---\nlicense: mit\n---\n# Rows\n", "rows.jsonl": rows}
    with serving(tmp_path, "me/source", files, *request.param) as environment:
        yield environment


def push(environment, tmp_path, form, *, to="me/balanced", config="kto", more=""):
    """Runs a recipe with `--push`, and answers what it told."""
    recipe = (
        "name: balanced\nsource: hf://datasets/me/source\nseed: 42\nstages:\n  - kto: {label: label}\n"
        f"output: {{to: 'hf://datasets/{to}', format: {form}, config: {config}{more}}}\n"
    )
    (tmp_path / "recipe.yaml").write_text(recipe, encoding="utf-8")
    command = [os.environ["UNSKEW"], "run", "recipe.yaml", "--out", "out", "--push"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


LOAD = """
from collections import Counter
from datasets import load_dataset
rows = load_dataset('me/balanced', 'kto', split='train')
assert rows.features['label'].dtype == 'bool', rows.features
assert Counter(rows['label']) == {True: 254, False: 254}
stream = list(load_dataset('me/balanced', 'kto', split='train', streaming=True))
assert [row['prompt'] for row in stream] == list(rows['prompt'])
import json; print(json.dumps(list(rows['prompt'])))
"""


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_what_is_pushed_is_loaded(hub, tmp_path, form):
    told = push(hub, tmp_path, form)
    assert 'load_dataset("me/balanced", "kto")' in told
    prompts = json.loads(python(hub, LOAD))
    assert len(prompts) == 508
    if form == "jsonl":
        lines = (tmp_path / "out/kto/train-00000-of-00001.jsonl").read_text(encoding="utf-8").splitlines()
        assert prompts == [json.loads(line)["prompt"] for line in lines]
    assert "nothing was changed" in push(hub, tmp_path, form)
    # Other shards take the place of these.
    push(hub, tmp_path, form, more=", shard_size: 8KB")
    assert json.loads(python(hub, LOAD)) == prompts


def test_a_file_is_added_to_the_dataset_it_comes_from(hub, tmp_path):
    push(hub, tmp_path, "jsonl", to="me/source", more=", file: kto_balanced.jsonl")
    python(
        hub,
        "from datasets import load_dataset\n"
        "assert len(load_dataset('me/source', data_files='kto/kto_balanced.jsonl', split='train')) == 508\n"
        "assert len(load_dataset('me/source', 'kto', split='train')) == 508\n"
        "assert len(load_dataset('me/source', 'default', split='train')) == 1000\n"
        "assert len(load_dataset('me/source', split='train')) == 1000\n",
    )


def test_results_stand_beside_each_other(hub, tmp_path):
    push(hub, tmp_path, "parquet", more=", overflow: true")
    load = "from datasets import load_dataset\nassert len(load_dataset('me/balanced', {!r}, split='train')) == {}\n"
    python(hub, load.format("kto", 508) + load.format("overflow", 492))
    push(hub, tmp_path, "parquet", config="other")
    push(hub, tmp_path, "parquet", more=", shard_size: 8KB")
    python(
        hub,
        load.format("kto", 508)
        + load.format("other", 508)
        + "from datasets import get_dataset_config_names\n"
        + "assert sorted(get_dataset_config_names('me/balanced')) == ['kto', 'other']\n",
    )


LEGACY = """
import json
from huggingface_hub import HfApi
api = HfApi()
api.create_repo('me/balanced', repo_type='dataset', exist_ok=True)
def upload(path, text):
    api.upload_file(path_or_fileobj=text.encode(), path_in_repo=path, repo_id='me/balanced', repo_type='dataset')
def info(rows):
    return {'splits': {'train': {'name': 'train', 'num_bytes': 1, 'num_examples': rows, 'dataset_name': 'rows'}}}
def is_there():
    return api.file_exists('me/balanced', 'dataset_infos.json', repo_type='dataset')
"""


def test_what_older_versions_told_does_not_count_for_ours(hub, tmp_path):
    default = "from datasets import load_dataset\nassert len(load_dataset('me/balanced', 'default', split='train')) == 2\n"
    ours = default.replace("default", "kto").replace("== 2", "== 508")
    upload = "upload('rows.jsonl', '{\"a\": 1}\\n' * 2)\nupload('dataset_infos.json', json.dumps({'me--rows': info(2)}))\n"
    python(hub, LEGACY + upload + default)
    push(hub, tmp_path, "jsonl")
    python(hub, LEGACY + default + ours + "assert is_there()\n")
    # What it tells of ours is told by the card, and other than it was.
    python(hub, LEGACY + "upload('dataset_infos.json', json.dumps({'kto': info(7), 'gone': info(7)}))\n")
    push(hub, tmp_path, "jsonl", more=", shard_size: 8KB")
    python(hub, LEGACY + default + ours + "assert not is_there()\n")
