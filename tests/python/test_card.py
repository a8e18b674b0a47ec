"""The card of a folder, and what `unskew card --check` says of folders, beside what `datasets` does with them."""

import json
import re
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from datasets import get_dataset_config_names, load_dataset

CONFIG = "configs:\n- config_name: {name}\n  data_files:\n  - split: train\n    path: {path}\n"
INFO = "dataset_info:\n  config_name: {name}\n  features:\n  - name: a\n    dtype: {dtype}\n  splits:\n  - name: train\n    num_examples: {rows}\n"
ONE = CONFIG.format(name="x", path="data/train*")
ROWS = {"data/train.jsonl": '{"a": 1}\n{"a": 2}\n'}


def parquet(**columns):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue().to_pybytes()


def card(text):
    return {"README.md": f"---\n{text}---\n# x\n"}


def info(dtype="int64", rows=2, name="x"):
    return INFO.format(name=name, dtype=dtype, rows=rows)


# Files by name, and whether all configs can be loaded.
FOLDERS = {
    "no card": (ROWS, True),
    "no YAML": (ROWS | {"README.md": "# x\n"}, True),
    "empty YAML": (ROWS | {"README.md": "---\n---\n"}, True),
    "a config": (ROWS | card(ONE), True),
    "a config with numbers": (ROWS | card(ONE + info()), True),
    "a pattern as text": (ROWS | card("configs:\n- {config_name: x, data_files: data/*.jsonl}\n"), True),
    "patterns": (ROWS | card("configs:\n- {config_name: x, data_files: [data/*.jsonl]}\n"), True),
    "paths of a split": (ROWS | card("configs:\n- {config_name: x, data_files: [{split: train, path: [data/train.jsonl]}]}\n"), True),
    "split by folder": ({"train/a.jsonl": '{"a": 1}\n', "test/a.jsonl": '{"a": 1}\n'}, True),
    "split by name": ({"my-train.jsonl": '{"a": 1}\n', "my-test.jsonl": '{"a": 1}\n'}, True),
    "shards": ({f"data/train-0000{n}-of-00002.jsonl": '{"a": 1}\n' for n in range(2)}, True),
    "hidden side-cars": (ROWS | {".unskew/report.json": "{}", "__x/a.json": "{"} | card(ONE + info()), True),
    "parquet": ({"data/train.parquet": parquet(a=[1, 2])} | card(ONE + info()), True),
    "numbers read as text": (ROWS | card(ONE + info(dtype="string")), True),
    "a column that no file has": (
        ROWS | card(ONE + info().replace("  splits", "  - name: b\n    dtype: string\n  splits")),
        True,
    ),
    "missing members": (
        {"data/train.jsonl": '{"a": {"b": 1}}\n'}
        | card(ONE + "dataset_info:\n  config_name: x\n  features:\n  - name: a\n    struct:\n    - {name: b, dtype: int64}\n    - {name: c, dtype: string}\n"),
        True,
    ),
    "a larger download size": (ROWS | card(ONE + info() + "  download_size: 7\n"), True),
    "numbers of another config": (ROWS | card(ONE + info(name="y", rows=9)), True),
    "gzip": ({"data/train.jsonl.gz": __import__("gzip").compress(b'{"a": 1}\n{"a": 2}\n')} | card(ONE + info()), True),
    "no YAML at all": (ROWS | card("a: [1\n"), False),
    "configs are no list": (ROWS | card("configs: data\n"), False),
    "a config without a name": (ROWS | card("configs:\n- data_files: data/*\n"), False),
    "data files are a number": (ROWS | card("configs:\n- {config_name: x, data_files: 7}\n"), False),
    "a split with a dash": (ROWS | card("configs:\n- {config_name: x, data_files: [{split: a-b, path: data/*}]}\n"), False),
    "a third key": (ROWS | card("configs:\n- {config_name: x, data_files: [{split: a, path: data/*, more: 1}]}\n"), False),
    "a split twice": (
        ROWS | card("configs:\n- {config_name: x, data_files: [{split: a, path: data/*}, {split: a, path: data/*}]}\n"),
        False,
    ),
    "no files": (ROWS | card(CONFIG.format(name="x", path="nothing/*")), False),
    "no files of a second config": (ROWS | card(ONE + CONFIG.format(name="y", path="nothing/*").removeprefix("configs:\n")), False),
    "two defaults": (
        ROWS | card("configs:\n- {config_name: x, default: true, data_files: data/*}\n- {config_name: default, data_files: data/*}\n"),
        False,
    ),
    "two formats": (
        ROWS | {"more/train.parquet": parquet(a=[1])} | card(ONE + CONFIG.format(name="y", path="more/*").removeprefix("configs:\n")),
        False,
    ),
    "two formats of two splits": ({"train.jsonl": '{"a": 1}\n', "test.parquet": parquet(a=[1])}, False),
    "too many rows told": (ROWS | card(ONE + info(rows=3)), False),
    "too few rows told": (ROWS | card(ONE + info(rows=1)), False),
    "a split that is not there": (ROWS | card(ONE + info().replace("- name: train", "- name: test")), False),
    "a column that is not told": ({"data/train.jsonl": '{"a": 1, "b": 2}\n' * 2} | card(ONE + info()), False),
    "a parquet column that is not told": ({"data/train.parquet": parquet(a=[1, 2], b=[1, 2])} | card(ONE + info()), False),
    "text read as numbers": ({"data/train.jsonl": '{"a": "x"}\n' * 2} | card(ONE + info()), False),
    "objects read as numbers": ({"data/train.jsonl": '{"a": {"b": 1}}\n' * 2} | card(ONE + info()), False),
    "fractions read as whole numbers": ({"data/train.jsonl": '{"a": 1.5}\n' * 2} | card(ONE + info()), False),
    "a type that is none": (ROWS | card(ONE + info(dtype="number")), False),
    "an overlay": (ROWS | card(ONE) | {".huggingface.yaml": CONFIG.format(name="x", path="nothing/*")}, False),
    "an overlay that mends": (ROWS | card(CONFIG.format(name="x", path="nothing/*")) | {".huggingface.yaml": ONE}, True),
    "an older file": (
        ROWS | {"dataset_infos.json": json.dumps({"default": {"splits": {"train": {"name": "train", "num_bytes": 1, "num_examples": 5}}}})},
        False,
    ),
    "no rows": ({"data/train.jsonl": ""} | card(ONE + info(rows=0)), False),
    "no rows in parquet": ({"data/train.parquet": parquet(a=pa.array([], pa.int64()))} | card(ONE + info(rows=0)), False),
    "damaged parquet": ({"data/train.parquet": parquet(a=[1, 2])[:-9]} | card(ONE), False),
    "damaged lines": ({"data/train.jsonl": '{"a": 1}\n{"a": \n'} | card(ONE), False),
    "an empty folder": ({}, False),
    "no data": ({"notes.md": "x", "README.md": "# x\n"}, False),
    "columns that change between files": ({"train-1.parquet": parquet(a=[1]), "train-2.parquet": parquet(a=[1], b=[1])}, False),
}


def loads(folder, cache):
    try:
        for name in get_dataset_config_names(str(folder)):
            load_dataset(str(folder), name, cache_dir=str(cache))
    except Exception as error:  # whatever it raises, it cannot be loaded
        return f"{type(error).__name__}: {error}"
    return None


@pytest.mark.parametrize("name", FOLDERS)
def test_a_check_fails_where_load_dataset_does(unskew, tmp_path, name):
    files, fine = FOLDERS[name]
    folder = tmp_path / "set"
    folder.mkdir()
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    problem = loads(folder, tmp_path / "cache")
    assert (problem is None) == fine, problem
    told = json.loads(unskew("card", "--check", "--json", folder, code=0 if fine else 6))
    assert told["passed"] == fine, told
    assert len(told["items"]) == 12


def test_a_key_twice_fails_though_not_everywhere(unskew, tmp_path):
    """The Hub refuses it, and so do older versions of `datasets`; later ones take the last."""
    (tmp_path / "train.jsonl").write_text('{"a": 1}\n')
    (tmp_path / "README.md").write_text("---\nlicense: mit\nlicense: mit\n---\n")
    assert "duplicate" in unskew("card", "--check", tmp_path, code=6)


RECIPES = [
    *([name] for name in ("cap.yaml", "workflow-kto.yaml", "phases.yaml", "batches.yaml", "openrlhf.yaml")),
    ["workflow-dpo.yaml", "--set", "output.shape=[trl/preference, openrlhf/preference, rows]"],
]


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe[0])
def test_a_card_tells_what_is_in_the_files(unskew, example, recipe, form):
    out = example(*recipe, "--set", f"output.format={form}")
    text = (out / "README.md").read_text(encoding="utf-8")
    unskew("card", "--check", out)
    _, head, body = text.split("---\n", 2)
    front = yaml.safe_load(head)
    loaded = {name: load_dataset(str(out), name) for name in get_dataset_config_names(str(out))}
    assert [config["config_name"] for config in front["configs"]] == list(loaded)
    rows = {(name, split): data for name, splits in loaded.items() for split, data in splits.items()}

    glance = table(body, "## At a glance")
    assert {(line[0], line[1].split(" ")[0]): int(line[2].replace(",", "")) for line in unmarked(glance)} == {
        key: data.num_rows for key, data in rows.items()
    }
    for config in front["configs"]:
        for files in config["data_files"]:
            size = sum(file.stat().st_size for file in out.glob(files["path"]))
            (line,) = [line for line in unmarked(glance) if line[:2] == [config["config_name"], files["split"]]]
            assert int(line[3].replace(",", "")) == size
    for told in front["dataset_info"]:
        splits = loaded[told["config_name"]]
        assert {split["name"]: split["num_examples"] for split in told["splits"]} == {
            name: data.num_rows for name, data in splits.items()
        }
        nulls = Counter()
        for data in splits.values():
            for row in data:
                nulls.update(name for name, value in row.items() if value is None)
        all_rows = sum(data.num_rows for data in splits.values())
        for line in unmarked(table(body, f"### {told['config_name']}")):
            assert line[2] == f"{100 * nulls[line[0].strip('`')] / all_rows:.1f} %", line


def test_the_mix_that_is_told_is_that_of_the_files(example):
    out = example("workflow-kto.yaml")
    body = (out / "README.md").read_text(encoding="utf-8")
    for split in ("train", "validation"):
        labels = Counter(load_dataset(str(out), "default", split=split)["label"])
        section = body.split("## Order and batches")[1].split(f"Split `{split}`:")[1]
        told = {line[0]: int(line[1]) for line in unmarked(table(section, ""))}
        assert told == {str(label).lower(): rows for label, rows in labels.items()}
        section = body.split("### kto")[1].split(f"Split `{split}`:")[1]
        assert {line[0]: int(line[3]) for line in unmarked(table(section, ""))} == told

    out = example("cap.yaml")
    body = (out / "README.md").read_text(encoding="utf-8")
    tasks = Counter((row["metadata"] or {}).get("task_type") or "general" for row in load_dataset(str(out), split="train"))
    assert {line[0]: int(line[3]) for line in unmarked(table(body, "### cap"))} == tasks


def test_the_spread_that_is_told_is_that_of_the_files(example):
    out = example("workflow-dpo.yaml", "--set", "output.format=parquet")
    gaps = [gap for data in load_dataset(str(out), "default").values() for gap in data["reward_gap"]]
    body = (out / "README.md").read_text(encoding="utf-8")
    told = unmarked(table(body, "### reward\\_gap"))
    assert sum(int(line[1]) for line in told) == len(gaps)
    for at, (edges, rows, *_) in enumerate(told):
        low, high = (float(edge) for edge in re.fullmatch(r"(\S+) to (?:below )?(\S+)", edges).groups())
        last = at == len(told) - 1
        assert int(rows) == sum(low <= gap < high or (last and gap == high) for gap in gaps), edges


def table(text, heading):
    """The lines of the first table behind a heading, cell by cell."""
    part = text.split(heading + "\n", 1)[1] if heading else text
    lines = part[part.index("\n|") + 1 :].split("\n\n")[0].split("\n")
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def unmarked(lines):
    return [[re.sub(r"\\(.)", r"\1", cell) for cell in line] for line in lines]
