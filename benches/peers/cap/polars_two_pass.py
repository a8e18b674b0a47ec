"""Polars at its best: the task types first, then only the chosen rows."""

import sys

import polars
from schema import polars_schema

source, target, maximum = sys.argv[1], sys.argv[2], int(sys.argv[3])
if source.endswith(".parquet"):
    rows = polars.scan_parquet(source, row_index_name="row")
    metadata = polars.col("metadata")
else:
    rows = polars.scan_lines(source, name="line", row_index_name="row")
    narrow = polars.Struct({"metadata": polars.Struct({"task_type": polars.String})})
    metadata = polars.col("line").str.json_decode(narrow).struct.field("metadata")
tasks = rows.select("row", task=metadata.struct.field("task_type")).collect(engine="streaming")
place = polars.int_range(polars.len()).shuffle(seed=1).over("task")
chosen = tasks.filter(place < maximum).select("row").lazy()
kept = rows.join(chosen, on="row", how="semi").drop("row")
if target.endswith(".parquet") and not source.endswith(".parquet"):
    kept = kept.select(polars.col("line").str.json_decode(polars.Struct(polars_schema()))).unnest("line")
if target.endswith(".parquet"):
    kept.sink_parquet(target)
else:
    kept.sink_csv(target, include_header=False, quote_style="never", separator="\x01")
