"""Who takes part in which table, and how each is started."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
JSONL, PARQUET, CONVERT = "jsonl", "parquet", "convert"
TABLES = {
    JSONL: "JSONL to JSONL",
    PARQUET: "Parquet to Parquet",
    CONVERT: "JSONL to Parquet",
}


@dataclass(frozen=True)
class Job:
    """One job: which table it belongs to, what to read, how many rows of each task type to keep, and the tools."""

    table: str
    source: Path
    maximum: int
    expected_bytes: int
    python: Path
    unskew: Path
    cache: Path

    @property
    def suffix(self) -> str:
        """The ending of the output's files."""
        return ".jsonl" if self.table == JSONL else ".parquet"


@dataclass(frozen=True)
class Participant:
    """A way to do the job."""

    name: str
    command: Callable[[Job, Path], list[str]]
    module: str | None = None
    prepared: bool = False
    checked: bool = True

    def start(self, job: Job) -> list[str]:
        """What it takes to start the program, or the interpreter with the peer's module, and to do nothing."""
        if self.module is None:
            return [str(job.unskew), "--version"]
        return [str(job.python), "-c", f"import {self.module}"]


def script(file: str, *extra: Callable[[Job], object]) -> Callable[[Job, Path], list[str]]:
    """The command of a script under `peers/`: source, target, maximum, and what it needs besides."""

    def command(job: Job, folder: Path) -> list[str]:
        target = folder / f"kept{job.suffix}"
        more = [str(value(job)) for value in extra]
        return [str(job.python), str(HERE / "peers" / file), str(job.source), str(target), str(job.maximum), *more]

    return command


def unskew(job: Job, folder: Path) -> list[str]:
    """Our own command, with the recipe of the output's format."""
    recipe = HERE / f"cap-to-{job.suffix[1:]}.yaml"
    settings = ["--set", f"source={job.source}", "--set", f"stages.0.cap.max={job.maximum}"]
    return [str(job.unskew), "run", str(recipe), *settings, "--out", str(folder / "unskew"), "--quiet"]


def warm_cache(job: Job) -> Path:
    """The cache that `datasets` finds filled, one for each kind of source."""
    return job.cache / "datasets" / job.source.name


def expected_bytes(job: Job) -> int:
    """What the output takes."""
    return job.expected_bytes


def one(_: Job) -> int:
    """A single process or thread."""
    return 1


def cores(_: Job) -> int:
    """A process or thread a core."""
    return len(os.sched_getaffinity(0))


UNSKEW = Participant("unskew", unskew)
LIMIT = Participant("the limit", script("limit.py", expected_bytes, cores), "threading", checked=False)
LIMIT_ONE = Participant("the limit, one thread", script("limit.py", expected_bytes, one), "threading", checked=False)
DUCKDB_TYPED = Participant("DuckDB, typed", script("duckdb_typed.py"), "duckdb")
DUCKDB_LINES = Participant("DuckDB, raw lines and a window", script("duckdb_lines.py"), "duckdb")
DUCKDB_TWO_PASS = Participant("DuckDB, two passes", script("duckdb_two_pass.py"), "duckdb")
POLARS_TYPED = Participant("Polars, typed", script("polars_typed.py"), "polars")
POLARS_LINES = Participant("Polars, raw lines", script("polars_lines.py"), "polars")
POLARS_TWO_PASS = Participant("Polars, two passes", script("polars_two_pass.py"), "polars")
DATASETS_COLD = Participant("datasets, cold", script("datasets_cold.py"), "datasets")
DATASETS_WARM = Participant("datasets, warm", script("datasets_warm.py", warm_cache), "datasets", prepared=True)
PYARROW = Participant("PyArrow", script("pyarrow_tables.py"), "pyarrow.json, pyarrow.parquet, pyarrow.compute")
ORJSON = Participant("orjson, two passes", script("orjson_two_pass.py", one), "orjson")
ORJSON_CORES = Participant("orjson, two passes, a process a core", script("orjson_two_pass.py", cores), "orjson")
GROUPING_SCRIPT = Participant("grouping script", script("grouping_script.py"), "json")

OURS = [UNSKEW, LIMIT, LIMIT_ONE]
DATASETS = [DATASETS_COLD, DATASETS_WARM]
PARTICIPANTS = {
    JSONL: [
        *OURS,
        DUCKDB_TYPED,
        DUCKDB_LINES,
        DUCKDB_TWO_PASS,
        POLARS_TYPED,
        POLARS_LINES,
        POLARS_TWO_PASS,
        *DATASETS,
        ORJSON,
        ORJSON_CORES,
        GROUPING_SCRIPT,
    ],
    PARQUET: [*OURS, DUCKDB_TYPED, DUCKDB_TWO_PASS, POLARS_TYPED, POLARS_TWO_PASS, *DATASETS, PYARROW],
    CONVERT: [*OURS, DUCKDB_TYPED, DUCKDB_TWO_PASS, POLARS_TYPED, POLARS_TWO_PASS, *DATASETS, PYARROW],
}
