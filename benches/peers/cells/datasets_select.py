"""`datasets`: load, choose by the Arrow columns, add the column, select, write."""

import sys

import pyarrow.compute
from groups import LEVELS, choose, levels
from stored import load

source, target, maximum, *cache = sys.argv[1:]
rows = load(source, *cache or [None])
metadata = rows.data.column("metadata")
prompts = pyarrow.compute.struct_field(metadata, "prompt_id").to_numpy()
tasks = pyarrow.compute.struct_field(metadata, "task_type").combine_chunks().dictionary_encode().indices.to_numpy()
level = levels(prompts, rows.data.column("reward").to_numpy())
rows = rows.add_column("difficulty", LEVELS[level].tolist())
rows.select(choose(tasks * len(LEVELS) + level, int(maximum))).to_parquet(target)
