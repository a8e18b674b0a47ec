"""Checks that an output is the job: the right number of rows of each type, each of them an input row, none twice."""

import argparse
import json
import math
import mmap
from collections.abc import Iterator
from pathlib import Path

import numpy
import orjson
import pyarrow.parquet

DEVIATIONS = 6


class Source:
    """The input's lines by row number, and the code of each row's task type."""

    def __init__(self, jsonl: Path) -> None:
        """Reads the index beside the file, made when it is missing or older."""
        index = jsonl.with_suffix(".index.npz")
        if not index.exists() or index.stat().st_mtime < jsonl.stat().st_mtime:
            make_index(jsonl, index)
        with numpy.load(index) as arrays:
            self.offsets = arrays["offsets"].tolist()
            self.codes, self.names = arrays["codes"], arrays["names"].tolist()
        with jsonl.open("rb") as lines:
            self.bytes = mmap.mmap(lines.fileno(), 0, access=mmap.ACCESS_READ)

    def line(self, row: int) -> bytes:
        """A row's line without its end."""
        return self.bytes[self.offsets[row] : self.offsets[row + 1] - 1]

    def expected(self, maximum: int) -> dict[str, int]:
        """How many rows of each task type the job keeps."""
        counts = numpy.bincount(self.codes, minlength=len(self.names))
        return {name: min(int(count), maximum) for name, count in zip(self.names, counts)}

    def expected_bytes(self, maximum: int) -> int:
        """How many bytes of JSONL that is, by the mean length of each type's lines."""
        sizes = numpy.diff(self.offsets)
        means = numpy.bincount(self.codes, weights=sizes) / numpy.bincount(self.codes)
        return round(sum(mean * count for mean, count in zip(means, self.expected(maximum).values())))


def make_index(jsonl: Path, index: Path) -> None:
    """Parses the input once for offsets and task types."""
    offsets, codes, names = [0], [], {}
    with jsonl.open("rb") as lines:
        for row, line in enumerate(lines):
            parsed = orjson.loads(line)
            if row_of(parsed) != row:
                raise SystemExit(f"{jsonl}: line {row + 1} has the id {parsed['id']}")
            offsets.append(offsets[-1] + len(line))
            codes.append(names.setdefault(parsed["metadata"]["task_type"], len(names)))
    numpy.savez(index, offsets=offsets, codes=numpy.array(codes, dtype=numpy.int32), names=list(names))


def row_of(parsed: dict) -> int:
    """The row number that an id carries."""
    return int(parsed["id"].removeprefix("rollout-"))


def without_nulls(value: object) -> object:
    """A value without members that are null, which a fixed schema cannot tell from missing ones."""
    if isinstance(value, dict):
        return {name: without_nulls(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def jsonl_rows(files: list[Path]) -> Iterator[tuple[dict, bytes]]:
    """The rows of JSONL files; each must be JSON."""
    for file in files:
        with file.open("rb") as lines:
            for line in lines:
                yield orjson.loads(line), line.rstrip(b"\n")


def parquet_rows(files: list[Path]) -> Iterator[tuple[dict, None]]:
    """The rows of Parquet files."""
    for file in files:
        for batch in pyarrow.parquet.ParquetFile(file).iter_batches(4_096):
            for row in batch.to_pylist():
                yield row, None


def spread(source: Source, chosen: numpy.ndarray, maximum: int) -> list[str]:
    """Whether the rows of each capped type are drawn from the whole file and not, say, from its beginning."""
    problems = []
    for code, name in enumerate(source.names):
        rows = numpy.flatnonzero(source.codes == code)
        if len(rows) <= maximum:
            continue
        ranks = numpy.flatnonzero(numpy.isin(rows, chosen)) / len(rows)
        tolerance = DEVIATIONS * math.sqrt((1 - len(ranks) / len(rows)) / 12 / max(len(ranks), 1)) + 1 / len(rows)
        if not len(ranks) or abs(ranks.mean() - 0.5) > tolerance:
            problems.append(f"{name}: not a random choice")
    return problems


def check(source: Source, folder: Path, suffix: str, maximum: int) -> dict:
    """What is wrong with an output, if anything, and whether it kept the lines' bytes."""
    files = [file for file in sorted(folder.rglob(f"*{suffix}")) if not hidden(file, folder)]
    chosen, problems, bytes_kept = [], [], suffix == ".jsonl"
    for parsed, line in jsonl_rows(files) if suffix == ".jsonl" else parquet_rows(files):
        row = row_of(parsed)
        original = source.line(row)
        chosen.append(row)
        if line == original:
            continue
        bytes_kept = False
        if without_nulls(parsed) != without_nulls(orjson.loads(original)):
            problems.append(f"row {row} was changed")
            break
    distinct = numpy.unique(numpy.array(chosen, dtype=numpy.int64))
    if len(distinct) < len(chosen):
        problems.append(f"{len(chosen) - len(distinct)} rows are there twice")
    counts = numpy.bincount(source.codes[distinct], minlength=len(source.names))
    for (name, expected), got in zip(source.expected(maximum).items(), counts.tolist()):
        if got != expected:
            problems.append(f"{name}: {got} rows instead of {expected}")
    problems.extend(spread(source, distinct, maximum))
    size = sum(file.stat().st_size for file in files)
    return {"rows": len(chosen), "bytes": size, "bytes_kept": bytes_kept, "problems": problems}


def hidden(file: Path, folder: Path) -> bool:
    """Whether a file is a side-car and not data."""
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


def main() -> None:
    """Prints the result as JSON; without a folder, only what is expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("jsonl", type=Path)
    parser.add_argument("maximum", type=int)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--suffix", choices=[".jsonl", ".parquet"], default=".jsonl")
    arguments = parser.parse_args()
    source = Source(arguments.jsonl)
    if arguments.folder:
        result = check(source, arguments.folder, arguments.suffix, arguments.maximum)
    else:
        expected = source.expected(arguments.maximum)
        result = {"rows": sum(expected.values()), "bytes": source.expected_bytes(arguments.maximum), "counts": expected}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
