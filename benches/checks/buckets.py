"""All rows in three files: thirds by reward."""

from pathlib import Path

import numpy

import outputs
from source import Source

LEVELS = ["hard", "medium", "easy"]
TOLERANCE = 1e-9


def expected_bytes(source: Source, _: int) -> int:
    """All of the input."""
    return int(source.sizes.sum())


def check(source: Source, folder: Path, suffix: str, _: int) -> outputs.Outcome:
    """Whether an output is the job; a reward that is a cut to within rounding may be on either side of it."""
    output = outputs.read(source, folder, suffix)
    cuts = numpy.percentile(source.rewards, [100 / 3, 200 / 3])
    lowest, highest = (numpy.searchsorted(cuts, source.rewards + shift) for shift in (-TOLERANCE, TOLERANCE))
    for name, rows in output.files.items():
        named = [number for number, level_name in enumerate(LEVELS) if level_name in name]
        if len(named) != 1:
            output.problems.append(f"{name}: not the name of a bucket")
        elif (wrong := numpy.count_nonzero((named[0] < lowest[rows]) | (named[0] > highest[rows]))) > 0:
            output.problems.append(f"{name}: {wrong} rows of other buckets")
    if (missing := len(source) - len(output.distinct())) > 0:
        output.problems.append(f"{missing} rows are missing")
    return output
