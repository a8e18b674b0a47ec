"""What the two participants that use `datasets` have in common: load, choose by the Arrow column, select, write."""

import os
import random
import sys
from collections import defaultdict

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import datasets
import pyarrow.compute
from schema import datasets_features


def main(cache: str) -> None:
    """Balances with the given cache folder."""
    source, target, maximum = sys.argv[1], sys.argv[2], int(sys.argv[3])
    datasets.disable_progress_bars()
    kind = "parquet" if source.endswith(".parquet") else "json"
    rows = datasets.load_dataset(kind, data_files=source, split="train", cache_dir=cache, features=datasets_features())
    tasks = pyarrow.compute.struct_field(rows.data.column("metadata"), "task_type").to_pylist()
    positions = defaultdict(list)
    for position, task in enumerate(tasks):
        positions[task].append(position)
    chance = random.Random(1)
    chosen = [row for rows_ in positions.values() for row in chance.sample(rows_, min(maximum, len(rows_)))]
    kept = rows.select(sorted(chosen))
    if target.endswith(".parquet"):
        kept.to_parquet(target)
    else:
        kept.to_json(target, num_proc=os.cpu_count(), force_ascii=False)
