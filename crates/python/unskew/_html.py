"""Results as a notebook shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

#: The most lines of a table.
_MOST = 20


def report(report: Mapping[str, Any], charts: Sequence[str], whole: str) -> str:
    """A report: what became of the rows, the checks, the charts, and all the rest folded away."""
    rows = report["rows"]
    did = "would become" if report["planned"] else "became"
    title = f"<b>{escape(report['name'])}</b>: {_rows(rows['read'])} {did} {rows['output']:,}"
    return "".join(
        [
            f"<div>{title}</div>",
            _waterfall(report),
            _checks(report["checks"]),
            *(f"<div>{chart}</div>" for chart in charts),
            f"<details><summary>everything</summary>{text(whole)}</details>",
        ]
    )


def inspection(inspection: Mapping[str, Any], whole: str) -> str:
    """An inspection: what is asked about as a table, and what looks wrong."""
    source = inspection["source"]
    parts = [f"<div><b>{escape(source['label'])}</b>: {_rows(inspection['rows'])}</div>"]
    if distribution := inspection["distribution"]:
        groups = distribution["groups"]
        lines = [[_key(group["key"]), f"{group['rows']:,}", _bar(group["share"])] for group in groups[:_MOST]]
        parts.append(_table([" × ".join(distribution["by"]), "rows", "share"], lines))
        parts.append(_more(distribution["more"] + len(groups[_MOST:])))
    else:
        paths = inspection["paths"]
        lines = [[escape(path["path"]), escape(" | ".join(path["kinds"])), f"{path['missing']:,}"] for path in paths]
        parts.append(_table(["path", "kind", "missing"], lines[:_MOST]))
        parts.append(_more(len(paths[_MOST:])))
    parts.extend(f"<div>⚠ {escape(flag)}</div>" for flag in inspection["flags"])
    return "".join(parts) + f"<details><summary>everything</summary>{text(whole)}</details>"


def text(plain: str) -> str:
    """Lines as they are."""
    return f"<pre>{escape(plain)}</pre>"


def _waterfall(report: Mapping[str, Any]) -> str:
    rows = report["rows"]
    steps = [("read", rows["read"])]
    if rows["bad"]:
        steps.append(("readable", rows["read"] - rows["bad"]))
    if rows["filtered_false"] or rows["filtered_unknown"]:
        steps.append(("where", rows["input"]))
    steps += [(stage["label"], stage["rows_out"]) for stage in report["stages"]]
    most = max(count for _, count in steps) or 1
    return _table(["step", "rows", ""], [[escape(name), f"{count:,}", _bar(count / most)] for name, count in steps])


def _checks(checks: Iterable[Mapping[str, Any]]) -> str:
    def line(check: Mapping[str, Any]) -> list[str]:
        measured = "" if check["measured"] is None else escape(str(check["measured"]))
        mark = "✓" if check["passed"] else "⚠ warning" if check["level"] == "warn" else "✗ failed"
        return [escape(check["expect"]), measured, mark]

    lines = [line(check) for check in checks]
    return _table(["check", "measured", ""], lines) if lines else ""


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its headings are any text, its cells HTML."""
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _bar(share: float) -> str:
    width = round(160 * min(max(share, 0), 1))
    bar = f'<span style="display:inline-block;width:{width}px;height:0.8em;background:#2f7fe0"></span>'
    return f"{bar} {100 * share:.1f} %"


def _key(parts: Iterable[str | None]) -> str:
    return escape(" × ".join("null" if part is None else part for part in parts))


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _more(count: int) -> str:
    return f"<div>and {count:,} more</div>" if count else ""
