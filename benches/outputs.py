"""Reads outputs, and finds rows in them that are not rows of the input."""

from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy
import orjson
import pyarrow.parquet

from source import PREFIX, Source, columns, row_of, same_values

FIRST_DIGIT = len('{"id": "') + len(PREFIX)
DIGITS = 9


@dataclass
class Outcome:
    """What came of a run: the bytes, in what sense they are the input's, and what is wrong."""

    bytes: int
    kind: str = "same values"
    problems: list[str] = field(default_factory=list)


@dataclass
class Output(Outcome):
    """An output that consists of input rows: their numbers file by file, and the columns that the job added."""

    files: dict[str, numpy.ndarray] = field(default_factory=dict)
    added: dict[str, list] = field(default_factory=dict)

    @property
    def rows(self) -> numpy.ndarray:
        """All row numbers, in order."""
        return numpy.concatenate([*self.files.values(), numpy.empty(0, dtype=numpy.int64)])

    def distinct(self) -> numpy.ndarray:
        """All row numbers, sorted; rows that are there twice are a problem."""
        rows = self.rows
        distinct = numpy.unique(rows)
        if len(distinct) < len(rows):
            self.problems.append(f"{len(rows) - len(distinct)} rows are there twice")
        return distinct


def files(folder: Path, suffix: str) -> list[Path]:
    """The files of an output, without side-cars."""
    found = (file.relative_to(folder) for file in sorted(folder.rglob(f"*{suffix}")))
    return [folder / file for file in found if not any(part.startswith(".") for part in file.parts)]


def read(source: Source, folder: Path, suffix: str, added: tuple[str, ...] = ()) -> Output:
    """An output that consists of input rows, with columns added to them in Parquet; a changed row is a problem."""
    found = files(folder, suffix)
    output = Output(sum(file.stat().st_size for file in found))
    if suffix == ".jsonl":
        output.kind = "same bytes"
    output.added = {name: [] for name in added}
    for file in found:
        name = str(file.relative_to(folder))
        output.files[name] = lines(source, file, output) if suffix == ".jsonl" else table(source, file, output)
    return output


def lines(source: Source, file: Path, output: Output) -> numpy.ndarray:
    """The rows of a JSONL file; each must be JSON, which lines of the input are."""
    rows = []
    with file.open("rb") as written:
        for line in written:
            number = line[FIRST_DIGIT : FIRST_DIGIT + DIGITS]
            if number.isdigit() and int(number) < len(source) and line.rstrip(b"\n") == source.line(int(number)):
                rows.append(int(number))
                continue
            output.kind = "same values"
            parsed = orjson.loads(line)
            rows.append(row_of(parsed))
            if not same_values(source, rows[-1], parsed):
                output.problems.append(f"row {rows[-1]} was changed")
                break
    return numpy.array(rows, dtype=numpy.int64)


def table(source: Source, file: Path, output: Output) -> numpy.ndarray:
    """The rows of a Parquet file; those with another fingerprint are compared value by value."""
    try:
        found = columns(file, list(output.added))
    except duckdb.BinderException as error:
        output.problems.append(str(error).splitlines()[0])
        return numpy.empty(0, dtype=numpy.int64)
    for name, values in output.added.items():
        values.extend(found[name].tolist())
    rows = found["row"]
    suspects = numpy.flatnonzero(found["fingerprint"] != source.fingerprints[rows])
    if len(suspects):
        written = pyarrow.parquet.ParquetFile(file).read().drop_columns(list(output.added)).take(suspects)
        for row, parsed in zip(rows[suspects].tolist(), written.to_pylist()):
            if not same_values(source, row, parsed):
                output.problems.append(f"row {row} was changed")
                break
    return rows
