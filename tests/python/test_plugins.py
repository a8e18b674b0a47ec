"""The strategy of `examples/plugins` says the same with pyarrow and with DuckDB as with plain Python."""

import os
import sys
from pathlib import Path

import pytest
from conftest import ROLLOUTS, ROOT

RECIPE = f"""
seed: 42
source: {ROLLOUTS}
columns:
  task: coalesce(metadata.task_type, 'general')
stages:
  - top: {{by: task, score: reward, share: 0.3}}
output: {{format: jsonl}}
"""


@pytest.fixture
def found(monkeypatch):
    """Has the strategy of a folder found, and programs of this environment before all others."""

    usual = [str(Path(sys.executable).parent), os.environ["PATH"]]

    def find(folder):
        monkeypatch.setenv("PATH", os.pathsep.join([str(ROOT / "examples/plugins" / folder), *usual]))

    return find


@pytest.mark.parametrize("folder", ["arrow", "duckdb"])
def test_says_the_same(unskew, found, tmp_path, folder):
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    for name in ("python", folder):
        found(name)
        unskew("run", "recipe.yaml", "--out", name, "--quiet")
    data = "data/train-00000-of-00001.jsonl"
    chosen = (tmp_path / "python" / data).read_bytes()
    assert chosen.count(b"\n") == 180
    assert (tmp_path / folder / data).read_bytes() == chosen


@pytest.mark.parametrize("folder", ["arrow", "duckdb"])
def test_keeps_the_laws(unskew, found, folder):
    found(folder)
    assert unskew("plugin", "test", "top") == "top 0.1.0 keeps the laws\n"
