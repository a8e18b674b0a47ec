"""What may go wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unskew._run import Run


class Error(Exception):
    """What went wrong, where, why, and what to do about it."""

    #: What the command line program ends with.
    exit_code = 1
    #: The advice alone.
    hints: tuple[str, ...] = ()


class RecipeError(Error):
    """A mistake in the recipe, or in the way a function was called."""

    exit_code = 2


class SourceError(Error):
    """A source cannot be read."""

    exit_code = 3


class DataError(Error):
    """The data do not fit what was asked for."""

    exit_code = 4


class HubError(Error):
    """The Hub refused, or somebody else was faster."""

    exit_code = 5


class CheckFailed(Error):
    """A check of the recipe is not true of the result, which is there all the same."""

    exit_code = 6
    #: What was done.
    run: Run


class PluginError(Error):
    """A plugin failed."""

    exit_code = 7


_KINDS = {kind.exit_code: kind for kind in (RecipeError, SourceError, DataError, HubError, CheckFailed, PluginError)}


def made(exit_code: int, text: str, hints: list[str]) -> Error:
    """The exception for what would end the program with `exit_code`."""
    error = _KINDS.get(exit_code, Error)(text)
    error.hints = tuple(hints)
    return error
