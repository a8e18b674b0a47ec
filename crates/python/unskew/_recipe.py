"""Recipes as objects: made step by step, printed as YAML, run."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

from unskew import _tables as tables
from unskew import _unskew
from unskew._strategies import Strategies

if TYPE_CHECKING:
    from unskew._report import Report
    from unskew._run import Run

#: Whatever stands for a recipe: the path of its file, a mapping of what is in it, or an object.
AnyRecipe = Union[str, "os.PathLike[str]", Mapping[str, Any], "Recipe"]


class Recipe(Strategies):
    """What to take from where, how to balance it, and where to put it.

    Each method answers another recipe, and leaves this one as it is:

    >>> import unskew
    >>> recipe = unskew.source("rollouts.jsonl").where("reward is not null").cap(by="task", max=100)
    >>> print(recipe)
    source: rollouts.jsonl
    where: reward is not null
    stages:
    - cap:
        by: task
        max: 100
    """

    def __init__(self, recipe: Mapping[str, Any] | None = None, /, **keys: Any) -> None:
        """A recipe with what `recipe` says and these keys; sources may be in memory."""
        content = {**(recipe or {}), **keys}
        self._tables: dict[str, tables.Table] = {}
        if "source" in content:
            content["source"] = tables.taken_out(content["source"], self._tables)
        self._content = content

    def _with(self, **keys: Any) -> Recipe:
        recipe = Recipe({**self._content, **keys})
        recipe._tables = {**self._tables, **recipe._tables}
        return recipe

    def named(self, name: str) -> Recipe:
        """Calls the result `name`."""
        return self._with(name=name)

    def seed(self, seed: int) -> Recipe:
        """Takes all randomness from `seed`."""
        return self._with(seed=seed)

    def columns(self, **columns: str) -> Recipe:
        """Gives names to expressions, to be used everywhere after: `columns(task="metadata.task_type")`."""
        return self._with(columns={**self._content.get("columns", {}), **columns})

    def where(self, condition: str) -> Recipe:
        """Begins with the rows for which `condition`, an expression, is true."""
        return self._with(where=condition)

    def stage(self, strategy: str, /, *, as_: str | None = None, **options: Any) -> Recipe:
        """Adds a stage of any strategy, by its name; `as_` gives the stage a name of its own, from which its luck
        comes."""
        stage = {strategy: options} if as_ is None else {strategy: options, "as": as_}
        return self._with(stages=[*self._content.get("stages", []), stage])

    _stage = stage

    def check(self, expect: str | None = None, **keys: Any) -> Recipe:
        """Expects something of the result: `check("max_share(task) <= 0.4")`, or `check(preset="kto")`."""
        check = {"expect": expect, **keys} if expect is not None else keys
        return self._with(checks=[*self._content.get("checks", []), check])

    def output(self, **keys: Any) -> Recipe:
        """Says where the result goes, and in what form: `output(to="out", format="jsonl", shape="trl/kto")`."""
        return self._with(output={**self._content.get("output", {}), **keys})

    def card(self, **facts: Any) -> Recipe:
        """Says for the dataset card what rows cannot: `card(license="cc-by-4.0", language="en")`."""
        return self._with(card={**self._content.get("card", {}), **facts})

    def plan(self, **overrides: Any) -> Report:
        """Tells what a run would do; see `unskew.plan`."""
        from unskew._run import plan

        return plan(self, **overrides)

    def run(self, **overrides: Any) -> Run:
        """Does it; see `unskew.run`."""
        from unskew._run import run

        return run(self, **overrides)

    def push_to_hub(self, repo_id: str | None = None, **options: Any) -> str | None:
        """Runs it, and pushes the result; see `unskew.Run.push_to_hub`."""
        return self.run().push_to_hub(repo_id, **options)

    def to_dict(self) -> dict[str, Any]:
        """The recipe as a recipe's file has it; what is in memory is named `memory://NAME`."""
        return json.loads(json.dumps(self._content, default=_plain))

    def to_yaml(self) -> str:
        """The recipe as it stands in a recipe's file."""
        return _unskew.yaml(json.dumps(self._content, default=_plain))

    def __repr__(self) -> str:
        return self.to_yaml().rstrip("\n")

    def _repr_html_(self) -> str:
        from unskew._html import text

        return text(self.to_yaml())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Recipe):
            return NotImplemented
        same = self._tables.keys() == other._tables.keys()
        return (
            same
            and self.to_dict() == other.to_dict()
            and all(table is other._tables[name] for name, table in self._tables.items())
        )

    __hash__ = None  # type: ignore[assignment]


def source(*sources: Any, **more: Any) -> Recipe:
    """A recipe that takes all rows of `sources`: paths of files or folders, patterns, `hf://datasets/OWNER/NAME`
    URLs, and what is in memory: a `datasets.Dataset`, a table of pyarrow, Polars or pandas, anything with
    `__arrow_c_stream__`.

    For a single source, `name`, `config`, `split` and `columns` say more. `unskew.source(…)` is where most recipes
    begin:

    >>> unskew.source("rollouts.jsonl").kto(label="reward >= 0.5").push_to_hub("me/rollouts-kto")  # doctest: +SKIP
    """
    if more and len(sources) == 1:
        return Recipe(source={"path": sources[0], **more})
    if more:
        raise TypeError(f"`{next(iter(more))}` is said of one source, and this is {len(sources)}")
    return Recipe(source=sources[0] if len(sources) == 1 else list(sources))


class Spoken:
    """A recipe with what is said besides it, as it goes to Rust."""

    def __init__(self, recipe: AnyRecipe, overrides: Mapping[str, Any]) -> None:
        self.tables: dict[str, tables.Table] = {}
        self._file: str | None = None
        self._text: str | None = None
        if isinstance(recipe, (str, os.PathLike)):
            self._file = os.fspath(recipe)
        else:
            recipe = recipe if isinstance(recipe, Recipe) else Recipe(recipe)
            self.tables.update(recipe._tables)
            self._text = recipe.to_yaml()
        overrides = dict(overrides)
        if "source" in overrides:
            self.tables.clear()
            overrides["source"] = tables.taken_out(overrides["source"], self.tables)
        self._changes = [(path, json.dumps(value, default=_plain)) for path, value in overrides.items()]

    def parts(self) -> dict[str, Any]:
        """What it is made of."""
        natives = tables.natives(self.tables)
        return {"text": self._text, "file": self._file, "changes": self._changes, "tables": natives}


def _plain(value: Any) -> Any:
    """What is no JSON, in a form that is."""
    if isinstance(value, Recipe):
        return value._content
    if isinstance(value, Path):
        return os.fspath(value)
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"a recipe holds no {type(value).__qualname__}")
