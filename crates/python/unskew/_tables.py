"""Rows that are in memory already, as sources of a recipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from unskew import _unskew
from unskew.errors import RecipeError

#: What a recipe says in the place of a table.
SCHEME = "memory://"

#: What a table is called that has no name.
NAME = "rows"


class Table:
    """Rows in memory. They are read once, because a stream may not be there a second time."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows
        # A dataset has no stream. Its own rows are asked for, because those of its table are others once it was
        # shuffled or filtered; where it was not, they are not copied.
        self.native = _unskew.Table(rows.with_format("arrow")[:] if self.is_dataset else rows)

    @property
    def is_dataset(self) -> bool:
        """Whether they are a `datasets.Dataset`."""
        return _is_of_datasets(self.rows, "Dataset")


def _is_of_datasets(rows: Any, kind: str) -> bool:
    """Whether this is of a type of `datasets`, which then is there already."""
    datasets = sys.modules.get("datasets")
    return datasets is not None and isinstance(rows, getattr(datasets, kind))


def taken_out(sources: Any, tables: dict[str, Table]) -> Any:
    """`sources` as a recipe names them; what is in memory is put into `tables`, under the name that stands for it."""
    if isinstance(sources, (str, os.PathLike)):
        return os.fspath(sources)
    if isinstance(sources, (list, tuple)):
        return [taken_out(source, tables) for source in sources]
    if _is_of_datasets(sources, "DatasetDict"):
        raise RecipeError("a DatasetDict is several splits\nhint: name one of them, such as `dataset['train']`")
    if isinstance(sources, Mapping):
        path = sources.get("path")
        if isinstance(path, (str, os.PathLike, type(None))):
            return {**sources, "path": os.fspath(path)} if path is not None else dict(sources)
        name = _add(path, sources.get("name"), tables)
        return {**sources, "path": SCHEME + name}
    return SCHEME + _add(sources, None, tables)


def _add(rows: Any, name: str | None, tables: dict[str, Table]) -> str:
    name, number = name or NAME, 1
    key = name
    while key in tables:
        number += 1
        key = f"{name}-{number}"
    tables[key] = _table(rows)
    return key


def _table(rows: Any) -> Table:
    try:
        return Table(rows)
    except TypeError as error:
        hint = (
            "a source is a path, a datasets.Dataset, or a table of pyarrow, Polars, pandas or others that stream Arrow"
        )
        raise RecipeError(f"no rows can be read from {type(rows).__qualname__}\nhint: {hint}") from error


def natives(tables: Mapping[str, Table]) -> dict[str, _unskew.Table]:
    """The tables as Rust has them."""
    return {name: table.native for name, table in tables.items()}
