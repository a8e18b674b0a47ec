"""What it takes to plan balanced batches, above reading the labels and telling them apart."""

import statistics
from pathlib import Path

from measure import Run
from scale import fit
from table import MIB, markdown

HERE = Path(__file__).parent
MIXES = ["even", "skewed"]
STAGES = {"no stage": "[]", "`split`": "[{split: {by: label}}]", "`batch`": ""}

Key = tuple[str, int, str]


def keys(sizes: list[int]) -> list[Key]:
    """All that is measured: each stage over each number of labels of each mix."""
    return [(mix, size, stage) for mix in MIXES for size in sizes for stage in STAGES]


def labels(data: Path, mix: str, size: int) -> Path:
    """The file with so many labels of a mix."""
    return data / f"labels-{mix}-{size}.parquet"


def command(unskew: Path, data: Path, key: Key) -> list[str]:
    """Plans without writing: the recipe as it is, or with another stage or none."""
    mix, size, stage = key
    settings = ["--set", f"source={labels(data, mix, size)}"]
    if STAGES[stage]:
        settings += ["--set", f"stages={STAGES[stage]}"]
    return [str(unskew), "plan", str(HERE / "batch.yaml"), *settings, "--quiet"]


def table(sizes: list[int], runs: dict[Key, list[Run]]) -> str:
    """The processor time of each stage, and by how much `batch` is above `split`."""
    processors = {key: statistics.median(run.processor for run in key_runs) for key, key_runs in runs.items()}
    rows, lines = [], []
    for mix in MIXES:
        plans = []
        for size in sizes:
            costs = [processors[mix, size, stage] for stage in STAGES]
            plans.append(costs[-1] - costs[-2])
            memory = max(run.memory for run in runs[mix, size, "`batch`"])
            numbers = [f"{number:.3f}" for number in (*costs, plans[-1])]
            rows.append([mix, f"{size:,}", *numbers, f"{plans[-1] / size * 1e9:.0f}", f"{memory / MIB:.0f}"])
        slope, start, explained = fit(sizes, plans)
        lines.append(f"{mix}: {start * 1e3:.0f} ms + {slope * 1e9:.0f} ns a label (R² = {explained:.4f})")
    costs = [f"{stage}, CPU s" for stage in STAGES]
    header = ["mix", "labels", *costs, "the plan, CPU s", "ns a label", "anonymous MiB"]
    return f"{markdown(header, rows, 1)}\n\nThe plan, {'; '.join(lines)}.\n"
