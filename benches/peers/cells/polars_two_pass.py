"""Polars at its best: the narrow fields of raw lines first, and only the chosen lines become columns."""

import sys

import polars
from schema import polars_schema

source, target, maximum = sys.argv[1], sys.argv[2], int(sys.argv[3])
rows = polars.scan_lines(source, name="line", row_index_name="row")
metadata = polars.Struct({"task_type": polars.String, "prompt_id": polars.Int64})
narrow = polars.Struct({"reward": polars.Float64, "metadata": metadata})
fields = rows.select("row", polars.col("line").str.json_decode(narrow)).unnest("line").unnest("metadata")
fields = fields.collect(engine="streaming")
prompts = fields.group_by("prompt_id").agg(mean=polars.col("reward").mean())
mean = polars.col("mean")
low, high = (prompts["mean"].quantile(part / 3, interpolation="linear") for part in (1, 2))
level = polars.when(mean >= high).then(polars.lit("easy")).when(mean >= low).then(polars.lit("medium"))
prompts = prompts.select("prompt_id", difficulty=level.otherwise(polars.lit("hard")))
place = polars.int_range(polars.len()).shuffle(seed=1).over("task_type", "difficulty")
chosen = fields.join(prompts, on="prompt_id").filter(place < maximum).select("row", "difficulty")
kept = rows.join(chosen.lazy(), on="row")
decoded = polars.col("line").str.json_decode(polars.Struct(polars_schema()))
kept.select(decoded, "difficulty").unnest("line").sink_parquet(target)
