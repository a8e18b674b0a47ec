"""How many rows there are of each task type, and how rewards are spread over ten equal bins."""

import json
from pathlib import Path

import numpy

from outputs import Outcome
from source import Source

BINS = 10
TOLERANCE = 1e-9


def expected_bytes(_source: Source, _: int) -> int:
    """Nothing is written."""
    return 0


def numbers(printed: dict) -> tuple[dict[str, int], list[int]]:
    """The counts and the bins, as peers print them and as unskew does."""
    if "counts" in printed:
        return printed["counts"], printed["bins"]
    counts = {group["key"][0]: group["rows"] for group in printed["distribution"]["groups"]}
    return counts, [each["rows"] for each in printed["histogram"]["bins"]]


def check(source: Source, folder: Path, _suffix: str, _: int) -> Outcome:
    """Whether the numbers are right; a reward at the edge of a bin may count on either side."""
    text = (folder / "stdout").read_text()
    outcome = Outcome(len(text), "same numbers")
    counts, bins = numbers(json.loads(text))
    if counts != dict(zip(source.names, numpy.bincount(source.codes).tolist())):
        outcome.problems.append(f"counts {counts}")
    edges = numpy.linspace(source.rewards.min(), source.rewards.max(), BINS + 1)
    ordered = numpy.sort(source.rewards)
    least, most = (numpy.searchsorted(ordered, edges[1:-1] + shift) for shift in (-TOLERANCE, TOLERANCE))
    below = numpy.cumsum(bins)
    right = len(bins) == BINS and below[-1] == len(source)
    if not right or numpy.any(below[:-1] < least) or numpy.any(below[:-1] > most):
        outcome.problems.append(f"bins {bins}")
    return outcome
