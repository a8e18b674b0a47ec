"""Polars as its guide leads one to write it: typed rows, means and shuffled counts over groups."""

import sys

import polars
from schema import polars_schema

source, target, maximum = sys.argv[1], sys.argv[2], int(sys.argv[3])
metadata = polars.col("metadata").struct
mean = polars.col("mean")
rows = polars.scan_ndjson(source, schema=polars_schema()).with_columns(
    mean=polars.col("reward").mean().over(metadata.field("prompt_id"))
)
prompts = rows.group_by(metadata.field("prompt_id")).agg(mean.first())
cuts = prompts.select(
    low=mean.quantile(1 / 3, interpolation="linear"), high=mean.quantile(2 / 3, interpolation="linear")
)
level = polars.when(mean >= polars.col("high")).then(polars.lit("easy"))
level = level.when(mean >= polars.col("low")).then(polars.lit("medium")).otherwise(polars.lit("hard"))
place = polars.int_range(polars.len()).shuffle(seed=1).over(metadata.field("task_type"), "difficulty")
levelled = rows.join(cuts, how="cross").with_columns(difficulty=level)
levelled.filter(place < maximum).drop("mean", "low", "high").sink_parquet(target)
