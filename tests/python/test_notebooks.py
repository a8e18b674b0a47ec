"""The notebooks in `examples`: each runs from its first cell to its last, and the outputs in its file are those that come out.

With `UPDATE=1` in the environment the outputs are written into the file instead.
"""

import os
import re
import sys
import tempfile
from pathlib import Path

import pytest

nbclient = pytest.importorskip("nbclient", reason="IPython needs Python 3.11")

import nbformat

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))

# What is another one in each run: the port of a Hub on this machine, and commits there, which have a time.
CHANGES = [(r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:8900"), (r"(/commit/)[0-9a-f]{40}", r"\1…")]


def executed(path, folder):
    """The text of a notebook's file, with the outputs that its cells have when they are run in a folder."""
    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": str(folder)}}
    client = nbclient.NotebookClient(notebook, timeout=300, record_timing=False, coalesce_streams=True, resources=place)
    client.execute(env={name: value for name, value in os.environ.items() if not name.startswith("HF_")})
    # Which Python it was does not matter, and on standard error clients tell of their progress.
    del notebook.metadata["language_info"]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    text = nbformat.writes(notebook) + "\n"
    for pattern, steady in CHANGES:
        text = re.sub(pattern, steady, text)
    return text


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_has_the_outputs_that_come_out(path, tmp_path, monkeypatch):
    for name in ("IPYTHONDIR", "JUPYTER_DATA_DIR"):  # so that nothing is of the person who runs the tests
        monkeypatch.setenv(name, str(tmp_path / name))
    folder = tmp_path / "here"
    folder.mkdir()
    text = executed(path, folder)
    for place in (ROOT, folder, tempfile.gettempdir(), sys.prefix, Path.home()):
        assert str(place) not in text, "a notebook shows no folders of the machine where it was run"
    if os.environ.get("UPDATE") == "1":
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == text, "`UPDATE=1 cargo xtask test python` writes what comes out into the notebook"
