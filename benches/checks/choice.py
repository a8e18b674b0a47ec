"""What the checks of random choices have in common."""

import math

import numpy

DEVIATIONS = 6


def spread(name: str, rows: numpy.ndarray, chosen: numpy.ndarray) -> list[str]:
    """Whether the chosen of some rows are drawn from the whole file and not, say, from its beginning."""
    ranks = numpy.flatnonzero(numpy.isin(rows, chosen)) / len(rows)
    tolerance = DEVIATIONS * math.sqrt((1 - len(ranks) / len(rows)) / 12 / max(len(ranks), 1)) + 1 / len(rows)
    if len(ranks) and abs(ranks.mean() - 0.5) <= tolerance:
        return []
    return [f"{name}: not a random choice"]


def capped(groups: dict[str, numpy.ndarray], chosen: numpy.ndarray, maximum: int) -> list[str]:
    """Whether of each group so many rows are chosen, at random, or all where there are fewer."""
    problems = []
    for name, rows in groups.items():
        count, expected = numpy.count_nonzero(numpy.isin(rows, chosen)), min(len(rows), maximum)
        if count != expected:
            problems.append(f"{name}: {count} rows instead of {expected}")
        if len(rows) > maximum:
            problems.extend(spread(name, rows, chosen))
    return problems


def shuffled(rows: numpy.ndarray, labels: numpy.ndarray) -> list[str]:
    """Whether rows stand in random order: neither their numbers nor their labels follow from place or neighbour."""
    if len(rows) < 2:
        return ["too few rows for an order"]
    places = numpy.arange(len(rows))
    tolerance = DEVIATIONS / math.sqrt(len(rows))
    pairs = {"place": (places, rows), "neighbour": (rows[:-1], rows[1:])}
    pairs |= {"place by label": (places, labels), "neighbour by label": (labels[:-1], labels[1:])}
    return [
        f"not a random order: correlation with {name}"
        for name, (one, other) in pairs.items()
        if abs(numpy.corrcoef(one, other)[0, 1]) > tolerance
    ]
