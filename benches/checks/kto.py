"""All undesirable rows and as many random desirable ones, in one random order, with their label."""

from pathlib import Path

import numpy

import outputs
from checks.choice import shuffled, spread
from source import Source


def desirable(source: Source) -> numpy.ndarray:
    """Each row's label."""
    return source.rewards >= 0.35


def expected_bytes(source: Source, _: int) -> int:
    """How many bytes of JSONL the job keeps."""
    return round(2 * numpy.count_nonzero(~desirable(source)) * source.sizes.mean())


def check(source: Source, folder: Path, suffix: str, _: int) -> outputs.Outcome:
    """Whether an output is the job."""
    output = outputs.read(source, folder, suffix, ("label",))
    label, rows, distinct = desirable(source), output.rows, output.distinct()
    if output.added["label"] != label[rows].tolist():
        output.problems.append("wrong labels")
    expected = numpy.count_nonzero(~label)
    for name, members in {"undesirable": ~label, "desirable": label}.items():
        count = numpy.count_nonzero(members[distinct])
        if count != expected:
            output.problems.append(f"{name}: {count} rows instead of {expected}")
    output.problems.extend(spread("desirable", numpy.flatnonzero(label), distinct))
    output.problems.extend(shuffled(rows, label[rows]))
    return output
