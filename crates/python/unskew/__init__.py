"""unskew takes the skew out of a training set.

import unskew

run = unskew.run("recipe.yaml")                       # or a mapping, or a recipe made here
run = unskew.source("rollouts.jsonl").cap(by="task", max=100).run()
run = unskew.kto(dataset, label="label")              # rows that are in memory already
train = run.to_dataset()
"""

from unskew import _unskew
from unskew._recipe import Recipe, source
from unskew._report import Inspection, Report
from unskew._run import Run, Split, inspect, plan, run
from unskew._sampler import BalancedBatchSampler
from unskew._strategies import *  # noqa: F403
from unskew._strategies import __all__ as _strategies
from unskew.errors import (
    CheckFailed,
    DataError,
    Error,
    HubError,
    PluginError,
    RecipeError,
    SourceError,
)

__version__: str = _unskew.VERSION

__all__ = [
    "BalancedBatchSampler",
    "CheckFailed",
    "DataError",
    "Error",
    "HubError",
    "Inspection",
    "PluginError",
    "Recipe",
    "RecipeError",
    "Report",
    "Run",
    "SourceError",
    "Split",
    "inspect",
    "plan",
    "run",
    "source",
    *_strategies,
]


def _warn_of_slowness() -> None:
    import os
    import warnings

    if _unskew.UNOPTIMISED and not os.environ.get("UNSKEW_UNOPTIMISED"):
        warnings.warn("this unskew was built without optimisation, and is slow", stacklevel=3)


_warn_of_slowness()
