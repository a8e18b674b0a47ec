"""What unskew found out, as mappings that show themselves."""

from __future__ import annotations

import json
import shutil
from typing import Any

from unskew import _html as html
from unskew import _unskew


class Report(dict[str, Any]):
    """What a run did, or what it would do: the members of `unskew schema report`.

    On a terminal it shows what the program prints, in a notebook tables and charts.
    """

    folder: str | None = None

    @property
    def passed(self) -> bool:
        """Whether all checks of level `fail` are true."""
        return all(check["passed"] is True for check in self["checks"] if check["level"] == "fail")

    def __repr__(self) -> str:
        return _unskew.summary(json.dumps(self), self.folder, _width()).rstrip("\n")

    def _repr_html_(self) -> str:
        return html.report(self, _unskew.charts(json.dumps(self)), repr(self))


class Inspection(dict[str, Any]):
    """What a source looks like."""

    path: str = ""

    def __repr__(self) -> str:
        return _unskew.picture(json.dumps(self), self.path, _width()).rstrip("\n")

    def _repr_html_(self) -> str:
        return html.inspection(self, repr(self))


def _width() -> int:
    return shutil.get_terminal_size((100, 24)).columns
