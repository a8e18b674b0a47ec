"""What the participants that count with NumPy have in common: levels of prompts, and random rows of each cell."""

import numpy

LEVELS = numpy.array(["hard", "medium", "easy"])


def levels(prompts: numpy.ndarray, rewards: numpy.ndarray) -> numpy.ndarray:
    """For each row the third in which its prompt's mean reward is: 0 for hard, 2 for easy."""
    _, group = numpy.unique(prompts, return_inverse=True)
    means = numpy.bincount(group, weights=rewards) / numpy.bincount(group)
    cuts = numpy.percentile(means, [100 / 3, 200 / 3])
    return numpy.searchsorted(cuts, means, side="right")[group]


def choose(cells: numpy.ndarray, maximum: int) -> numpy.ndarray:
    """At most so many random rows of each cell, in order."""
    chance = numpy.random.default_rng(1)
    chosen = []
    for cell in numpy.unique(cells):
        rows = numpy.flatnonzero(cells == cell)
        chosen.append(chance.choice(rows, min(maximum, len(rows)), replace=False))
    return numpy.sort(numpy.concatenate(chosen))
