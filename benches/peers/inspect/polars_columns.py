"""Polars: the two columns, typed, of which counts and bins are made."""

import json
import sys

import polars

source = sys.argv[1]
if source.endswith(".parquet"):
    rows = polars.scan_parquet(source)
else:
    narrow = {"metadata": polars.Struct({"task_type": polars.String}), "reward": polars.Float64}
    rows = polars.scan_ndjson(source, schema=narrow)
task = polars.col("metadata").struct.field("task_type")
fields = rows.select(task, "reward").collect(engine="streaming")
counts = dict(fields["task_type"].value_counts().iter_rows())
reward = polars.col("reward")
bin_ = ((reward - reward.min()) / (reward.max() - reward.min()) * 10).floor().clip(0, 9).cast(polars.Int64)
bins = fields.group_by(bin_).len().sort("reward")["len"].to_list()
json.dump({"counts": counts, "bins": bins}, sys.stdout)
