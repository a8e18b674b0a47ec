"""Polars with labels and row numbers first: the chosen rows get places, are joined to them, and sorted by them."""

import sys

import polars

source, target = sys.argv[1:3]
rows = polars.scan_parquet(source, row_index_name="row").with_columns(label=polars.col("reward") >= 0.35)
labels = rows.select("row", "label").collect(engine="streaming")
undesirable = labels.filter(~polars.col("label"))
desirable = labels.filter("label").sample(len(undesirable), seed=1)
chosen = polars.concat([undesirable, desirable]).sample(fraction=1, shuffle=True, seed=2)
places = chosen.select("row").with_row_index("place").lazy()
rows.join(places, on="row").sort("place").drop("row", "place").sink_parquet(target)
