"""What a participant is, and how its process is started."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Task:
    """A job over one file: what to read, what to write, how many rows of each group, and where the tools are."""

    source: Path
    suffix: str
    maximum: int
    expected_bytes: int
    python: Path
    unskew: Path
    cache: Path


Command = Callable[[Task, Path], list[str]]


@dataclass(frozen=True)
class Participant:
    """A way to do a job."""

    name: str
    command: Command
    module: str | None = None
    prepared: bool = False
    checked: bool = True
    slow: bool = False

    def start(self, task: Task) -> list[str]:
        """What it takes to start the program, or the interpreter with the peer's module, and to do nothing."""
        if self.module is None:
            return [str(task.unskew), "--version"]
        return [str(task.python), "-c", f"import {self.module}"]


def script(file: str, *extra: Callable[[Task], object]) -> Command:
    """The command of a script under `peers/`: source, target, and what it needs besides."""

    def command(task: Task, folder: Path) -> list[str]:
        target = folder / f"kept{task.suffix}"
        more = [str(value(task)) for value in extra]
        return [str(task.python), str(HERE / "peers" / file), str(task.source), str(target), *more]

    return command


def recipe(file: str, limit: str | None = None) -> Participant:
    """Our own command with a recipe, and where in it the maximum stands."""

    def command(task: Task, folder: Path) -> list[str]:
        settings = ["--set", f"source={task.source}"]
        if limit:
            settings += ["--set", f"{limit}={task.maximum}"]
        return [str(task.unskew), "run", str(HERE / file), *settings, "--out", str(folder / "unskew"), "--quiet"]

    return Participant("unskew", command)


def inspect(task: Task, _: Path) -> list[str]:
    """Our own command that looks at two fields."""
    fields = ["--by", "metadata.task_type", "--histogram", "reward"]
    return [str(task.unskew), "inspect", str(task.source), *fields, "--json"]


def maximum(task: Task) -> int:
    """How many rows of each group are kept."""
    return task.maximum


def expected_bytes(task: Task) -> int:
    """What the output takes."""
    return task.expected_bytes


def warm_cache(task: Task) -> Path:
    """The cache that `datasets` finds filled, one for each kind of source."""
    return task.cache / "datasets" / task.source.name


def one(_: Task) -> int:
    """A single process or thread."""
    return 1


def cores(_: Task) -> int:
    """A process or thread a core."""
    return len(os.sched_getaffinity(0))


def pyarrow(file: str, *extra: Callable[[Task], object], module: str = "pyarrow.parquet") -> Participant:
    """A script that uses PyArrow."""
    return Participant("PyArrow", script(file, *extra), module)


def duckdb(name: str, file: str, *extra: Callable[[Task], object]) -> Participant:
    """A script that uses DuckDB."""
    return Participant(f"DuckDB, {name}", script(file, *extra), "duckdb")


def polars(name: str, file: str, *extra: Callable[[Task], object], slow: bool = False) -> Participant:
    """A script that uses Polars."""
    return Participant(f"Polars, {name}", script(file, *extra), "polars", slow=slow)


def datasets(file: str, *extra: Callable[[Task], object]) -> list[Participant]:
    """A script that uses `datasets`, without and with its cache."""
    cold = Participant("datasets, cold", script(file, *extra), "datasets", slow=True)
    warm = script(file, *extra, warm_cache)
    return [cold, Participant("datasets, warm", warm, "datasets", prepared=True, slow=True)]


def orjson(name: str, file: str, *extra: Callable[[Task], object], module: str = "orjson") -> list[Participant]:
    """A script that uses orjson, in one process and in one a core."""
    single = Participant(name, script(file, *extra, one), module)
    return [single, Participant(f"{name}, a process a core", script(file, *extra, cores), module)]


LIMITS = [
    Participant("the limit", script("limit.py", expected_bytes, cores), "threading", checked=False),
    Participant("the limit, one thread", script("limit.py", expected_bytes, one), "threading", checked=False),
]
