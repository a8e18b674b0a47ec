"""What the tests share: the program under test, caches of their own, and a tokenizer."""

import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROLLOUTS = ROOT / "examples/data/rollouts.jsonl"

CHAT = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


@pytest.fixture(autouse=True)
def own_caches(tmp_path_factory):
    """Keeps `datasets` from remembering folders of other tests: it tells them apart by names and sizes alone."""
    from datasets import config

    config.HF_DATASETS_CACHE = tmp_path_factory.mktemp("datasets")


@pytest.fixture
def unskew(tmp_path):
    """Runs the program in a folder of the test's own, and answers what it printed, or told on standard error."""

    def run(*arguments, code=0, of="stdout"):
        command = [os.environ["UNSKEW"], *map(str, arguments)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return getattr(done, of)

    return run


@pytest.fixture
def example(unskew, tmp_path):
    """Runs a recipe of the examples, and answers the folder it made."""

    def run(name, *arguments):
        out = tmp_path / f"out-{len(list(tmp_path.iterdir()))}"
        unskew("run", ROOT / "examples" / name, "--out", out, "--quiet", *arguments)
        return out

    return run


@pytest.fixture(scope="session")
def rollouts():
    """The lines of the examples' data."""
    return ROLLOUTS.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def made(unskew, tmp_path):
    """Runs a recipe that makes rows of a shape, and answers the rows, the report, and the folder with both."""

    from datasets import load_dataset

    def run(shape, columns, *, form="jsonl", source=ROLLOUTS, stages=()):
        name = f"made-{len(list(tmp_path.iterdir()))}"
        output = {"shape": shape, "format": form}
        content = {"name": "made", "source": str(source), "columns": columns, "stages": list(stages), "output": output}
        (tmp_path / f"{name}.yaml").write_text(json.dumps(content), encoding="utf-8")
        out = tmp_path / name
        unskew("run", f"{name}.yaml", "--out", out, "--quiet")
        report = json.loads((out / ".unskew" / "report.json").read_text(encoding="utf-8"))
        return SimpleNamespace(rows=load_dataset(str(out), split="train"), report=report, folder=out)

    return run


@pytest.fixture(scope="session")
def tokenizer(rollouts):
    """A small tokenizer of the examples' own text, which loses nothing, with a chat template."""
    transformers = pytest.importorskip("transformers", reason="Transformers needs Python 3.11")
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=600, special_tokens=special, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(rollouts, trainer)
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>", chat_template=CHAT)
