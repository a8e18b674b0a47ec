"""Polars over raw lines: the two fields parsed out, of which counts and bins are made."""

import json
import sys

import polars

source = sys.argv[1]
metadata = polars.Struct({"task_type": polars.String})
narrow = polars.Struct({"metadata": metadata, "reward": polars.Float64})
line = polars.scan_lines(source, name="line").select(polars.col("line").str.json_decode(narrow).struct.unnest())
fields = line.select(polars.col("metadata").struct.field("task_type"), "reward").collect(engine="streaming")
counts = dict(fields["task_type"].value_counts().iter_rows())
reward = polars.col("reward")
bin_ = ((reward - reward.min()) / (reward.max() - reward.min()) * 10).floor().clip(0, 9).cast(polars.Int64)
bins = fields.group_by(bin_).len().sort("reward")["len"].to_list()
json.dump({"counts": counts, "bins": bins}, sys.stdout)
