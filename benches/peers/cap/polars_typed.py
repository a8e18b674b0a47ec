"""Polars as its guide leads one to write it: typed rows and a shuffled count over each task type."""

import sys

import polars
from schema import polars_schema

source, target, maximum = sys.argv[1], sys.argv[2], int(sys.argv[3])
if source.endswith(".parquet"):
    rows = polars.scan_parquet(source)
else:
    rows = polars.scan_ndjson(source, schema=polars_schema())
place = polars.int_range(polars.len()).shuffle(seed=1).over(polars.col("metadata").struct.field("task_type"))
chosen = rows.filter(place < maximum)
if target.endswith(".parquet"):
    chosen.sink_parquet(target)
else:
    chosen.sink_ndjson(target)
