"""Running recipes, and what comes of it."""

from __future__ import annotations

import json
import shutil
import tempfile
import weakref
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unskew import _tables as tables
from unskew import _unskew
from unskew._progress import Progress, telling
from unskew._recipe import AnyRecipe, Spoken
from unskew._report import Inspection, Report
from unskew.errors import DataError

if TYPE_CHECKING:
    import datasets


def run(
    recipe: AnyRecipe,
    /,
    *,
    out: str | Path | None = None,
    force: bool = False,
    threads: int | None = None,
    memory: int | None = None,
    limit: int | None = None,
    sync: bool = False,
    progress: Progress = None,
    **overrides: Any,
) -> Run:
    """Runs a recipe: a file of YAML, a mapping, or an `unskew.Recipe`.

    The result goes to `out`, or where the recipe says, or else to a folder that is gone when the `Run` is; `force`
    replaces a folder that unskew did not make, `sync` waits until everything is on the disk. `threads` and `memory`
    (in bytes) bound what is used, and `limit` the rows of each source. All other names are keys of the recipe, and
    take the place of what stands there: `seed=1`, `source=dataset`, `**{"stages.0.cap.max": 100}`.

    Raises `unskew.CheckFailed`, whose `run` is what this would have returned, where a check is not true.
    """
    spoken = Spoken(recipe, overrides)
    return Run(spoken, _wishes(out, force, threads, memory, limit, sync), progress)


def plan(
    recipe: AnyRecipe,
    /,
    *,
    threads: int | None = None,
    memory: int | None = None,
    limit: int | None = None,
    progress: Progress = None,
    **overrides: Any,
) -> Report:
    """Tells what a run would do, without reading what rows say: see `unskew.run`."""
    spoken = Spoken(recipe, overrides)
    with telling(progress) as told:
        wishes = _wishes(None, False, threads, memory, limit, False)
        return Report(json.loads(_unskew.plan(spoken.parts(), wishes, told)))


def inspect(
    source: Any,
    /,
    *,
    config: str | None = None,
    split: str | list[str] | None = None,
    by: str | list[str] | None = None,
    where: str | None = None,
    histogram: str | None = None,
    stats: bool = False,
    threads: int | None = None,
    limit: int | None = None,
    progress: Progress = None,
) -> Inspection:
    """Shows how the rows of a source are distributed, and what looks wrong.

    `by` are expressions to count rows by, `where` chooses rows, `histogram` is a number whose spread is told, and
    `stats` asks for all numeric fields. The source is a path, a URL, or in memory, as for `unskew.source`; of a path or a
    URL, `config` and `split` choose what `load_dataset` calls so.
    """
    found: dict[str, tables.Table] = {}
    path = tables.taken_out(source, found)
    if not isinstance(path, str):
        raise TypeError("one source is looked at, not several")
    asked = {
        "config": config,
        "splits": [split] if isinstance(split, str) else list(split or []),
        "condition": where,
        "by": [by] if isinstance(by, str) else list(by or []),
        "histogram": histogram,
        "statistics": stats,
    }
    with telling(progress) as told:
        wishes = _wishes(None, False, threads, None, limit, False)
        inspection = Inspection(json.loads(_unskew.inspect(path, tables.natives(found), asked, wishes, told)))
    inspection.path = path
    return inspection


def _wishes(
    out: str | Path | None,
    force: bool,
    threads: int | None,
    memory: int | None,
    limit: int | None,
    sync: bool,
) -> dict[str, Any]:
    return {"out": out, "force": force, "threads": threads, "memory": memory, "limit": limit, "sync": sync}


class _Scratch:
    """A folder that is gone when nobody needs it any more."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="unskew-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


class Run:
    """What a run did, and the rows that came of it."""

    def __init__(self, spoken: Spoken, wishes: Mapping[str, Any], progress: Progress) -> None:
        self._spoken = spoken
        self._wishes = wishes
        self._progress = progress
        self._scratch = _Scratch()
        self._done = self._run(needs_folder=False)
        where = self._done.folder
        hint = (
            f"{where} was written all the same"
            if self._is_kept()
            else "the exception's `run` has the result all the same"
        )
        if failure := self._done.failure(hint):
            failure.run = self
            raise failure

    def _run(self, *, needs_folder: bool) -> _unskew.Outcome:
        with telling(self._progress) as told:
            return _unskew.run(self._spoken.parts(), self._wishes, self._scratch.path, needs_folder, told)

    def _is_kept(self) -> bool:
        """Whether there is a folder that stays."""
        folder = self._done.folder
        return folder is not None and self._scratch.path not in folder.parents

    @property
    def report(self) -> Report:
        """What was done, in numbers."""
        report = Report(json.loads(self._done.report))
        report.folder = str(self._done.folder) if self._is_kept() else None
        return report

    @property
    def recipe(self) -> str:
        """The recipe as it was run."""
        return self._done.recipe

    @property
    def folder(self) -> Path:
        """The folder with the rows, the card, the report and the lock. Where rows in memory were only chosen, it is
        made now."""
        if self._done.folder is None:
            self._done = self._run(needs_folder=True)
        return Path(self._done.folder)

    @property
    def card(self) -> str:
        """The dataset card."""
        return (self.folder / "README.md").read_text(encoding="utf-8")

    @property
    def splits(self) -> dict[str, Split]:
        """The splits of the result, by name."""
        output = self.report["output"]
        return {split["name"]: Split(self, output, split) for split in output["splits"]}

    @property
    def indices(self) -> array[int]:
        """The numbers of the rows of a source in memory that were chosen, in their order:
        `dataset.select(run.indices)`."""
        return self._only().indices

    def to_dataset(self, config: str | None = None) -> datasets.Dataset | datasets.DatasetDict:
        """The rows as `datasets` has them: one `Dataset`, or a `DatasetDict` where there are several splits.

        Rows of a `Dataset` in memory are not copied. `config` names another config of the folder, such as `overflow`.
        """
        if config is not None:
            return _load(self.folder, config)
        splits = self.splits
        if len(splits) == 1:
            return next(iter(splits.values())).to_dataset()
        import datasets

        return datasets.DatasetDict({name: split.to_dataset() for name, split in splits.items()})

    def push_to_hub(
        self,
        repo_id: str | None = None,
        *,
        private: bool = True,
        revision: str | None = None,
        tag: str | None = None,
        commit_message: str | None = None,
        create_pr: bool = False,
    ) -> str | None:
        """Pushes the folder to a dataset repository, that of the recipe's `output.to` unless `repo_id` names one.

        Answers the address of the commit or of the proposal; none where the repository holds all of it already.
        Everything goes in one commit or not at all; see `unskew push`. `private` is for a repository that is made by
        this.
        """
        push = {
            "private": private,
            "create_pr": create_pr,
            "revision": revision,
            "tag": tag,
            "commit_message": commit_message,
        }
        with telling(self._progress) as told:
            return _unskew.push(self.folder, repo_id, push, told)

    def _only(self) -> Split:
        """The only split."""
        splits = self.splits
        if len(splits) != 1:
            names = ", ".join(repr(name) for name in splits)
            raise DataError(
                f"there are {len(splits)} splits, and this is about one: {names}\nhint: use `run.splits[…]`"
            )
        return next(iter(splits.values()))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._only().__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return self.report["rows"]["output"]

    def __repr__(self) -> str:
        return repr(self.report)

    def _repr_html_(self) -> str:
        from unskew._html import text

        return f"{self.report._repr_html_()}<details><summary>recipe</summary>{text(self.recipe)}</details>"


class Split:
    """The rows of one split of a result."""

    def __init__(self, run: Run, output: Mapping[str, Any], split: Mapping[str, Any]) -> None:
        self._run = run
        self._config: str = output["config"]
        self._format: str = output["format"]
        self._files: list[str] = split["files"]
        self.name: str = split["name"]
        self.num_rows: int = split["rows"]

    @property
    def files(self) -> list[Path]:
        """The files with the rows; none where rows in memory were only chosen."""
        return [self._run.folder / file for file in self._files]

    @property
    def indices(self) -> array[int]:
        """The numbers of the rows of a source in memory that were chosen, in their order."""
        rows = self._run._done.rows(self.name)
        if rows is None:
            raise DataError(
                "these rows have no indices: only single rows of one source in memory have\n"
                "hint: a pair is made of two rows, and rows of files are in the result: `run.to_dataset()`"
            )
        indices = array("q")
        indices.frombytes(rows)
        return indices

    def to_dataset(self) -> datasets.Dataset:
        """The rows as a `datasets.Dataset`."""
        if self._files:
            return _load(self._run.folder, self._config, self.name)
        (table,) = self._run._spoken.tables.values()
        if table.is_dataset:
            return table.rows.select(self.indices)
        import datasets
        import pyarrow

        return datasets.Dataset(pyarrow.table(self))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        if not self._files:
            rows = self._run._done.stream(self.name)
        elif self._format == "parquet":
            rows = _unskew.Rows(self.files, self._run._scratch)
        else:
            raise DataError(
                f"rows in the format {self._format} are no Arrow\n"
                "hint: write `format: parquet`, or read them with `run.to_dataset()`"
            )
        return rows.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return self.num_rows

    def __repr__(self) -> str:
        return f"Split({self.name!r}, {self.num_rows} rows)"


def _load(folder: Path, config: str, split: str | None = None) -> Any:
    import datasets

    return datasets.load_dataset(str(folder), config, split=split)
