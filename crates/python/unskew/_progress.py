"""How far work is: a bar on a terminal or in a notebook, or whatever a function makes of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Union

#: Whether to show bars; without a word, where somebody may look at them. Or a function that is told the name of each
#: pass, how many bytes of it are done, and how many there are.
Progress = Union[bool, None, Callable[[str, int, int], object]]

#: Seconds that work may take without a word.
_PATIENCE = 0.5


@contextmanager
def telling(progress: Progress) -> Iterator[Callable[[str, int, int], object] | None]:
    """What is to be told how far work is, as long as it lasts."""
    if callable(progress):
        yield progress
    elif progress or (progress is None and _is_watched()):
        bars = _Bars()
        try:
            yield bars
        finally:
            bars.close()
    else:
        yield None


def _is_watched() -> bool:
    return "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())


class _Bars:
    """A bar for each pass, once work takes longer than a moment. Without `tqdm` there are none."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._pass = ""
        self._bar: Any = None

    def __call__(self, name: str, done: int, whole: int) -> None:
        if time.monotonic() - self._began < _PATIENCE:
            return
        if name != self._pass:
            self.close()
            self._pass, self._bar = name, _bar(name, whole)
        if self._bar is not None:
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Leaves the last bar as it is."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _bar(name: str, whole: int) -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(total=whole or None, desc=name, unit="B", unit_scale=True)
