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


def push(environment, tmp_path, form, *, to="me/balanced", more=""):
    """Runs a recipe with `--push`, and answers what it told."""
    recipe = (
        "name: balanced\nsource: hf://datasets/me/source\nseed: 42\nstages:\n  - kto: {label: label}\n"
        f"output: {{to: 'hf://datasets/{to}', format: {form}, config: kto{more}}}\n"
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
