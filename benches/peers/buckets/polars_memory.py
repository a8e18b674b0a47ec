"""Polars over raw lines in memory: rewards parsed out, the lines of each bucket written as they are."""

import os
import sys

import polars

source, folder = sys.argv[1], os.path.dirname(sys.argv[2])
reward = polars.col("reward")
narrow = polars.Struct({"reward": polars.Float64})
fields = polars.col("line").str.json_decode(narrow).struct.unnest()
rows = polars.scan_lines(source, name="line").select("line", fields).collect(engine="streaming")
low, high = (rows["reward"].quantile(part / 3, interpolation="linear") for part in (1, 2))
buckets = {"easy": reward >= high, "medium": (reward >= low) & (reward < high), "hard": reward < low}
sinks = [
    rows.lazy()
    .filter(kept)
    .select("line")
    .sink_csv(f"{folder}/{name}.jsonl", include_header=False, quote_style="never", separator="\x01", lazy=True)
    for name, kept in buckets.items()
]
polars.collect_all(sinks)
