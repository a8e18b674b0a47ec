"""What the tests share: the program under test, and caches of their own."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session", autouse=True)
def own_caches(tmp_path_factory):
    """Keeps `datasets` from remembering an earlier run's folders."""
    from datasets import config

    config.HF_DATASETS_CACHE = tmp_path_factory.mktemp("datasets")


@pytest.fixture
def unskew(tmp_path):
    """Runs the program in a folder of the test's own, and answers what it printed."""

    def run(*arguments, code=0):
        command = [os.environ["UNSKEW"], *map(str, arguments)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

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
    return (ROOT / "examples/data/rollouts.jsonl").read_text(encoding="utf-8").splitlines()
