"""Polars in one streaming query: a shuffled count over each label, a random order."""

import sys

import polars

source, target = sys.argv[1:3]
label = polars.col("label")
place = polars.int_range(polars.len()).shuffle(seed=1).over("label")
rows = polars.scan_parquet(source).with_columns(label=polars.col("reward") >= 0.35)
chosen = rows.filter(~label | (place < (~label).sum()))
order = polars.int_range(polars.len()).shuffle(seed=2)
chosen.with_columns(order=order).sort("order").drop("order").sink_parquet(target, engine="streaming")
