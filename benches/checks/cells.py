"""At most so many random rows of each cell of task type and difficulty; levels are thirds of prompts by mean reward."""

from pathlib import Path

import numpy

import outputs
from checks.choice import capped
from source import Source

LEVELS = numpy.array(["hard", "medium", "easy"])
TOLERANCE = 1e-9


def levels(source: Source) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The level of each row, and whether its prompt is so near to a cut that the order of a sum decides."""
    _, group = numpy.unique(source.prompts, return_inverse=True)
    means = numpy.bincount(group, weights=source.rewards) / numpy.bincount(group)
    cuts = numpy.percentile(means, [100 / 3, 200 / 3])
    near = numpy.abs(means[:, None] - cuts).min(axis=1) < TOLERANCE
    return LEVELS[numpy.searchsorted(cuts, means, side="right")][group], near[group]


def groups(source: Source, level: numpy.ndarray) -> dict[str, numpy.ndarray]:
    """The rows of each cell."""
    return {
        f"{name} × {difficulty}": numpy.flatnonzero((source.codes == code) & (level == difficulty))
        for code, name in enumerate(source.names)
        for difficulty in LEVELS
    }


def expected_bytes(source: Source, maximum: int) -> int:
    """How many bytes of JSONL the job keeps."""
    level, _ = levels(source)
    kept = sum(min(len(rows), maximum) for rows in groups(source, level).values())
    return round(kept * source.sizes.mean())


def check(source: Source, folder: Path, suffix: str, maximum: int) -> outputs.Outcome:
    """Whether an output is the job."""
    output = outputs.read(source, folder, suffix, ("difficulty",))
    level, near = levels(source)
    for row, difficulty in zip(output.rows.tolist(), output.added["difficulty"]):
        if near[row] and difficulty in LEVELS:
            level[source.prompts == source.prompts[row]] = difficulty
    if output.added["difficulty"] != level[output.rows].tolist():
        output.problems.append("wrong difficulty")
    output.problems.extend(capped(groups(source, level), output.distinct(), maximum))
    return output
