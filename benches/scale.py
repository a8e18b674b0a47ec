"""How time and memory of unskew grow with the rows."""

import statistics

from measure import Run
from table import MIB, markdown


def fit(rows: list[int], values: list[float]) -> tuple[float, float, float]:
    """The slope and the start of the straight line through the points, and the share of the variance it explains."""
    slope, intercept = statistics.linear_regression(rows, values)
    return slope, intercept, statistics.correlation(rows, values) ** 2


def table(runs: dict[int, list[Run]]) -> str:
    """Wall, processor time and memory for each number of rows, and the line through them."""
    sizes = sorted(runs)
    walls = [statistics.median(run.wall for run in runs[size]) for size in sizes]
    processors = [statistics.median(run.processor for run in runs[size]) for size in sizes]
    memories = [max(run.memory for run in runs[size]) for size in sizes]
    rows = [
        [f"{size:,}", f"{wall:.2f}", f"{processor:.2f}", f"{memory / MIB:.0f}", f"{wall / size * 1e6:.2f}"]
        for size, wall, processor, memory in zip(sizes, walls, processors, memories)
    ]
    text = markdown(["rows", "wall s", "CPU s", "anonymous MiB", "µs a row"], rows, 0)
    if len(sizes) < 2:
        return text
    slope, start, explained = fit(sizes, walls)
    growth, base, _ = fit(sizes, memories)
    return (
        f"{text}\n\nTime is {start:.2f} s + {slope * 1e6:.3f} µs a row (R² = {explained:.4f});"
        f" memory is {base / MIB:.0f} MiB + {growth:.1f} bytes a row.\n"
    )
