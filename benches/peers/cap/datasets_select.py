"""`datasets`: load, choose by the Arrow column, select, write."""

import os
import random
import sys
from collections import defaultdict

import pyarrow.compute
from stored import load

source, target, maximum, *cache = sys.argv[1:]
rows = load(source, *cache or [None])
tasks = pyarrow.compute.struct_field(rows.data.column("metadata"), "task_type").to_pylist()
positions = defaultdict(list)
for position, task in enumerate(tasks):
    positions[task].append(position)
chance = random.Random(1)
chosen = [row for rows_ in positions.values() for row in chance.sample(rows_, min(int(maximum), len(rows_)))]
kept = rows.select(sorted(chosen))
if target.endswith(".parquet"):
    kept.to_parquet(target)
else:
    kept.to_json(target, num_proc=os.cpu_count(), force_ascii=False)
