"""Polars over raw lines in two passes: the rewards first, then each line into the file of its bucket."""

import os
import sys

import polars

source, folder = sys.argv[1], os.path.dirname(sys.argv[2])
narrow = polars.Struct({"reward": polars.Float64})
reward = polars.col("line").str.json_decode(narrow).struct.field("reward")
lines = polars.scan_lines(source, name="line")
rewards = lines.select(reward).collect(engine="streaming").to_series()
low, high = (rewards.quantile(part / 3, interpolation="linear") for part in (1, 2))
level = polars.when(polars.col("reward") >= high).then(polars.lit("easy"))
level = level.when(polars.col("reward") >= low).then(polars.lit("medium")).otherwise(polars.lit("hard"))
rows = polars.concat([lines, rewards.to_frame().lazy()], how="horizontal").select("line", bucket=level)


def path(part) -> str:
    """Where a file of a bucket goes."""
    return f"{part.partition_keys.item()}-{part.index_in_partition}.jsonl"


buckets = polars.PartitionBy(folder, file_path_provider=path, key="bucket", include_key=False)
rows.sink_csv(buckets, include_header=False, quote_style="never", separator="\x01")
