"""Turns measurements into Markdown, and puts it between the markers of `README.md`."""

import statistics
from dataclasses import dataclass
from pathlib import Path

from measure import Run

MIB = 2**20


@dataclass(frozen=True)
class Result:
    """All runs of one participant at one job, and what is known of its output."""

    name: str
    runs: list[Run]
    start: float
    output_bytes: int
    output: str
    validates: str
    prepared: bool = False

    @property
    def wall(self) -> float:
        """The median of the seconds."""
        return statistics.median(run.wall for run in self.runs)

    @property
    def processor(self) -> float:
        """The median of the processor seconds."""
        return statistics.median(run.processor for run in self.runs)

    @property
    def memory(self) -> int:
        """The highest peak of anonymous memory."""
        return max(run.memory for run in self.runs)


def markdown(header: list[str], rows: list[list[str]], numbers_from: int) -> str:
    """A Markdown table whose columns are flush right from the given one on."""
    rule = [" --- " if column < numbers_from else " ---: " for column in range(len(header))]
    lines = [f"| {' | '.join(header)} |", f"|{'|'.join(rule)}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def comparison(results: list[Result]) -> str:
    """One job's table, fastest first."""
    ours = next((result.wall for result in results if result.name == "unskew"), None)
    costs = ["wall s", "range", "start s", "CPU s", "anonymous MiB", "output MB"]
    header = ["participant", "output", "lines validated", *costs]
    if ours:
        header.append("× unskew")
    rows = []
    for result in sorted(results, key=lambda result: result.wall):
        walls = [run.wall for run in result.runs]
        row = [
            f"**{result.name}**" if result.name == "unskew" else result.name,
            result.output,
            result.validates,
            f"{result.wall:.2f}",
            f"{min(walls):.2f}–{max(walls):.2f}",
            f"{result.start:.2f}",
            f"{result.processor:.2f}",
            f"{result.memory / MIB:.0f}",
            f"{result.output_bytes / 1e6:.0f}",
        ]
        rows.append(row + [f"{result.wall / ours:.1f}"] if ours else row)
    return markdown(header, rows, 3)


def conclusion(results: list[Result]) -> str:
    """How we stand to the fastest peer that has nothing prepared, and to the limit."""
    walls = {result.name: result.wall for result in results if not result.prepared}
    ours = walls.pop("unskew", None)
    limits = {name: walls.pop(name) for name in list(walls) if name.startswith("the limit")}
    if not ours or not walls:
        return ""
    fastest = min(walls, key=walls.__getitem__)
    to_limits = " and ".join(f"{ours / wall:.1f} times as long as {name}" for name, wall in limits.items())
    against_limits = f"; unskew takes {to_limits}" if limits else ""
    return f"The fastest peer ({fastest}) takes {walls[fastest] / ours:.1f} times as long as unskew{against_limits}.\n"


def write(readme: Path, region: str, text: str) -> None:
    """Replaces what stands between a region's markers."""
    begin, end = f"<!-- begin {region} -->", f"<!-- end {region} -->"
    page = readme.read_text()
    if page.count(begin) != 1 or page.count(end) != 1:
        raise SystemExit(f"{readme}: the markers of {region} are not there once each")
    before, rest = page.split(begin)
    _, after = rest.split(end)
    readme.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}")
