"""The Python package: runs of files, what comes of them, recipes made step by step, and mistakes."""

import inspect
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pandas
import pyarrow as pa
import pytest
import unskew
from conftest import ROLLOUTS, ROOT
from datasets import Dataset, load_dataset
from serving import python, serving

TASK = "coalesce(metadata.task_type, 'general')"


@pytest.fixture
def program(request):
    """The program, under a name that is not the package's."""
    return request.getfixturevalue("unskew")


@pytest.fixture
def capped():
    return unskew.source(ROLLOUTS).columns(task=TASK).cap(by="task", max=16).seed(42)


def test_a_run_writes_what_the_program_writes(program, tmp_path):
    recipe = ROOT / "examples/cap.yaml"
    run = unskew.run(recipe, out=tmp_path / "one" / "cap")
    program("run", recipe, "--out", tmp_path / "two" / "cap")
    files = [path.relative_to(run.folder) for path in sorted(run.folder.rglob("*")) if path.is_file()]
    assert len(files) > 5
    for file in files:
        assert (run.folder / file).read_bytes() == (tmp_path / "two" / "cap" / file).read_bytes(), file
    assert run.report == json.loads((run.folder / ".unskew/report.json").read_text(encoding="utf-8"))
    assert run.card == (run.folder / "README.md").read_text(encoding="utf-8")


def test_rows_are_read_by_all(capped):
    run = capped.run()
    table = pa.table(run)
    assert table.num_rows == len(run) == len(run.to_dataset()) == 80
    assert run.to_dataset().to_list() == table.to_pylist()
    assert pandas.DataFrame.from_arrow(run)["reward"].tolist() == table["reward"].to_pylist()
    assert isinstance(run.to_dataset(), Dataset)


def test_a_folder_that_nobody_named_goes_with_its_run(capped):
    run = capped.run()
    folder, stream = run.folder, pa.RecordBatchReader.from_stream(run)
    assert folder.is_dir()
    del run
    assert sum(batch.num_rows for batch in stream) == 80, "the folder stays as long as it is read"
    del stream
    # What Arrow lets go of without the interpreter's lock goes with the next call.
    repr(capped)
    assert not folder.exists()


def test_lines_of_json_are_read_by_datasets(capped, tmp_path):
    run = capped.output(format="jsonl", overflow=True).run(out=tmp_path / "out")
    assert run.to_dataset().to_list() == load_dataset(str(tmp_path / "out"), split="train").to_list()
    assert len(run.to_dataset("overflow")["train"]) == 520
    with pytest.raises(unskew.DataError, match="no Arrow\nhint: write `format: parquet`"):
        pa.table(run)


def test_keys_of_the_recipe_can_be_overridden():
    recipe = ROOT / "examples/cap.yaml"
    report = unskew.plan(recipe, seed=7, where="reward >= 0.5", **{"stages.0.cap.max": 5})
    assert report["seed"] == 7 and report["rows"]["output"] == 25
    assert unskew.plan(recipe, limit=10)["rows"]["read"] == 10


def test_a_recipe_grows_and_does_not_change(capped):
    longer = capped.order(interleave="task").check("retention > 0", level="warn").named("longer")
    assert capped.to_dict()["stages"] == [{"cap": {"by": "task", "max": 16}}]
    assert longer.to_dict() == {
        "source": str(ROLLOUTS),
        "columns": {"task": TASK},
        "stages": [{"cap": {"by": "task", "max": 16}}, {"order": {"interleave": "task"}}],
        "seed": 42,
        "checks": [{"expect": "retention > 0", "level": "warn"}],
        "name": "longer",
    }
    assert unskew.Recipe(longer.to_dict()) == longer != capped
    assert longer.run().report["stages"][1]["strategy"] == "order"


def test_a_recipe_prints_what_the_program_reads(program, capped, tmp_path):
    (tmp_path / "recipe.yaml").write_text(str(capped), encoding="utf-8")
    report = json.loads(program("plan", "recipe.yaml", "--json"))
    assert report["stages"] == capped.plan()["stages"]


def test_one_line_is_a_recipe(program):
    run = unskew.kto(ROLLOUTS, label="reward >= 0.5", seed=3)
    printed = program("apply", "kto", ROLLOUTS, "--label", "reward >= 0.5", "--seed", "3", "--print-recipe")
    assert sorted(run.recipe.splitlines()) == sorted(printed.splitlines())
    assert {value["rows"] for value in run.report["order"][0]["values"]} == {len(run) // 2}


def test_strategies_have_signatures_and_words(program):
    manifests = json.loads(program("strategies", "--json"))
    assert len(manifests) >= 13
    for manifest in manifests:
        method, function = getattr(unskew.Recipe, manifest["name"]), getattr(unskew, manifest["name"])
        options = manifest["options"].get("properties", {})
        for callable_ in (method, function):
            parameters = inspect.signature(callable_).parameters
            assert set(options) <= set(parameters)
            assert manifest["summary"] in callable_.__doc__
        for name in manifest["options"].get("required", []):
            assert inspect.signature(method).parameters[name].default is inspect.Parameter.empty
    with pytest.raises(TypeError, match="maxx"):
        unskew.source("rows.jsonl").cap(by="task", maxx=1)


@pytest.mark.parametrize(
    ("recipe", "kind", "code"),
    [
        ({"source": "nowhere.jsonl"}, unskew.SourceError, 3),
        ({"source": str(ROLLOUTS), "stages": [{"cpa": {"by": "task"}}]}, unskew.RecipeError, 2),
        ({"source": str(ROLLOUTS), "stages": [{"cap": {"by": "taks", "max": 1}}]}, unskew.RecipeError, 2),
        ({"source": str(ROLLOUTS), "where": "reward >"}, unskew.RecipeError, 2),
        ({"source": str(ROLLOUTS), "stages": [{"target": {"by": "reward", "counts": {"9": 1}}}]}, unskew.DataError, 4),
    ],
)
def test_mistakes_are_told_in_the_words_of_the_program(program, tmp_path, recipe, kind, code):
    (tmp_path / "recipe.yaml").write_text(str(unskew.Recipe(recipe)), encoding="utf-8")
    with pytest.raises(kind) as raised:
        unskew.run(recipe)
    told = program("run", "recipe.yaml", "--quiet", code=code, of="stderr")
    assert f"error: {raised.value}" == told.rstrip().replace("recipe.yaml:", "recipe:")
    assert raised.value.exit_code == code and isinstance(raised.value, unskew.Error)
    assert all(f"hint: {hint}" in told for hint in raised.value.hints)


def test_a_check_that_fails_raises_and_keeps_the_result(capped):
    with pytest.raises(unskew.CheckFailed, match=r"retention > 0.9 \(0.1333\)") as raised:
        capped.check("retention > 0.9").run()
    run = raised.value.run
    assert not run.report.passed and len(run.to_dataset()) == 80


def test_progress_is_told(capped):
    told = []
    capped.run(progress=lambda *how_far: told.append(how_far))
    names = list(dict.fromkeys(name for name, _, _ in told))
    assert names and set(names) <= {"scan", "gather", "infer"}
    assert all(0 <= done for _, done, _ in told)


@pytest.fixture
def many(tmp_path):
    """A file that takes much longer to read than progress waits before it is told."""
    rows = tmp_path / "rows.jsonl"
    line = json.dumps({"text": "word " * 60}) + "\n"
    rows.write_text(line * 100_000, encoding="utf-8")
    return rows


def test_what_progress_raises_ends_the_run(many, tmp_path):
    def stop(*_):
        raise RuntimeError("enough")

    work = tmp_path / "work"
    work.mkdir()
    with pytest.raises(RuntimeError, match="enough"):
        unskew.source(many).order(shuffle=True).run(progress=stop, out=work / "out")
    assert list(work.iterdir()) == []


def test_ctrl_c_stops_and_leaves_nothing(many, tmp_path):
    work = tmp_path / "work"
    work.mkdir()

    def interrupt():
        # A folder in the making tells that the run has begun.
        while not any(work.iterdir()):
            pass
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        unskew.run({"source": many, "stages": [{"order": {"shuffle": True}}]}, out=work / "out")
    thread.join()
    assert list(work.iterdir()) == []


def test_other_threads_run_meanwhile(capped):
    # This thread could not finish while a run held the interpreter.
    finished = threading.Event()
    began = threading.Event()

    def other():
        began.wait()
        finished.set()

    threading.Thread(target=other).start()

    def told(*_):
        began.set()
        assert finished.wait(60)

    capped.run(progress=told)
    assert finished.is_set()


def test_notebooks_show_tables_and_charts(capped):
    run = capped.check("max_share(task) <= 0.4").run()
    for shown in (run, run.report, capped.plan()):
        html = shown._repr_html_()
        assert html.count("<svg") == 1 and "<td>cap</td><td>80</td>" in html
    assert "max_share(task) &lt;= 0.4" in run._repr_html_() and "✓" in run._repr_html_()
    inspection = unskew.inspect(ROLLOUTS, by=TASK)
    assert "<th>coalesce(metadata.task_type, &#x27;general&#x27;)</th>" in inspection._repr_html_()
    assert "source: " in capped._repr_html_()


def test_text_from_data_has_no_power():
    table = pa.table({"task": ["<script>alert(1)</script>", "\x1b[2J"] * 5})
    for shown in (unskew.inspect(table, by="task"), unskew.cap(table, by="task", max=1)):
        assert "<script>" not in shown._repr_html_() and "\x1b" not in repr(shown)


def test_a_terminal_sees_what_the_program_prints(program, capped, monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "recipe.yaml").write_text(str(capped.named("x")), encoding="utf-8")
    assert repr(capped.named("x").plan()) + "\n" == program("plan", "recipe.yaml")
    assert repr(unskew.inspect(ROLLOUTS)) + "\n" == program("inspect", ROLLOUTS)


def test_the_package_needs_nothing(tmp_path):
    program = (
        "import sys; sys.modules.update(dict.fromkeys(['pyarrow', 'numpy', 'datasets', 'tqdm', 'torch']))\n"
        "import unskew; print(unskew.plan({'source': sys.argv[1]})['rows']['read'])"
    )
    done = subprocess.run([sys.executable, "-c", program, ROLLOUTS], capture_output=True, text=True, check=True)
    assert done.stdout == "600\n"


def test_the_package_brings_the_program(program):
    done = subprocess.run([sys.executable, "-m", "unskew", "schema"], capture_output=True, text=True, check=True)
    assert done.stdout == program("schema")
    done = subprocess.run([sys.executable, "-m", "unskew", "run", "nowhere.yaml"], capture_output=True, check=False)
    assert done.returncode == 2


def test_a_slow_build_says_so():
    environment = {name: value for name, value in os.environ.items() if name != "UNSKEW_UNOPTIMISED"}
    program = "import unskew; from unskew import _unskew; print(_unskew.UNOPTIMISED)"
    command = [sys.executable, "-W", "always", "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert ("without optimisation" in done.stderr) == (done.stdout == "True\n")


def test_annotations_are_whole():
    package = Path(unskew.__file__).parent
    assert (package / "py.typed").is_file() and (package / "_unskew.pyi").is_file()


def test_a_result_is_pushed_and_what_is_on_the_hub_is_a_source(tmp_path):
    lines = "".join(json.dumps({"text": f"row {row}", "label": row % 4 != 0}) + "\n" for row in range(100))
    program = """
import unskew
from datasets import load_dataset
rows = load_dataset("me/rows", split="train")
run = unskew.kto(rows, label="label")
address = run.push_to_hub("me/rows-kto", commit_message="Balance")
assert "/datasets/me/rows-kto/commit/" in address
pushed = load_dataset("me/rows-kto", split="train")
assert pushed["text"][:] == rows.select(run.indices)["text"][:] and sum(pushed["label"]) == 25
again = unskew.source("hf://datasets/me/rows-kto").cap(by="label", max=10).card(license="mit").run()
assert len(again.to_dataset()) == 20
assert "/commit/" in again.push_to_hub("me/rows-cap", private=False, revision="small")
assert len(load_dataset("me/rows-cap", revision="small", split="train")) == 20
"""
    with serving(tmp_path, "me/rows", {"rows.jsonl": lines}) as environment:
        python(environment, program)
