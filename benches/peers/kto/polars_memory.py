"""Polars in memory: the whole table, and of it the chosen rows in their order."""

import sys

import polars

source, target = sys.argv[1:3]
rows = polars.read_parquet(source).with_columns(label=polars.col("reward") >= 0.35)
places = polars.Series(range(len(rows)), dtype=polars.UInt32)
undesirable = places.filter(~rows["label"])
desirable = places.filter(rows["label"]).sample(len(undesirable), seed=1)
rows[polars.concat([undesirable, desirable]).shuffle(seed=2)].write_parquet(target)
