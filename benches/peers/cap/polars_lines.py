"""Polars over raw lines: the task type is parsed out, the line is kept as it is."""

import sys

import polars
from schema import polars_schema

source, target, maximum = sys.argv[1], sys.argv[2], int(sys.argv[3])
narrow = polars.Struct({"metadata": polars.Struct({"task_type": polars.String})})
task = polars.col("line").str.json_decode(narrow).struct.field("metadata").struct.field("task_type")
rows = polars.scan_lines(source, name="line").with_columns(task=task)
place = polars.int_range(polars.len()).shuffle(seed=1).over("task")
chosen = rows.filter(place < maximum).select("line")
if target.endswith(".parquet"):
    decoded = polars.col("line").str.json_decode(polars.Struct(polars_schema()))
    chosen.select(decoded).unnest("line").sink_parquet(target)
else:
    chosen.sink_csv(target, include_header=False, quote_style="never", separator="\x01")
