"""At most so many random rows of each task type."""

from pathlib import Path

import numpy

import outputs
from checks.choice import capped
from source import Source


def groups(source: Source) -> dict[str, numpy.ndarray]:
    """The rows of each task type."""
    return {name: numpy.flatnonzero(source.codes == code) for code, name in enumerate(source.names)}


def expected_bytes(source: Source, maximum: int) -> int:
    """How many bytes of JSONL the job keeps, by the mean length of each type's lines."""
    return round(sum(source.sizes[rows].mean() * min(len(rows), maximum) for rows in groups(source).values()))


def check(source: Source, folder: Path, suffix: str, maximum: int) -> outputs.Outcome:
    """Whether an output is the job."""
    output = outputs.read(source, folder, suffix)
    output.problems.extend(capped(groups(source), output.distinct(), maximum))
    return output
