"""Polars over raw lines in memory: the rows in order of prompt and reward, of which each end is gathered."""

import sys

import polars

source, target = sys.argv[1], sys.argv[2]
prompt, reward = polars.col("prompt_id"), polars.col("reward")
narrow = polars.Struct({"reward": polars.Float64, "metadata": polars.Struct({"prompt_id": polars.Int64})})
fields = polars.col("line").str.json_decode(narrow).struct.unnest()
rows = polars.scan_lines(source, name="line").select("line", fields).unnest("metadata").collect(engine="streaming")
place, size = polars.int_range(polars.len()).over("prompt_id"), polars.len().over("prompt_id")
ranked = rows.select("prompt_id", "reward").with_row_index("row").sort("prompt_id", -reward, maintain_order=True)
ranked = ranked.with_columns(place=place, size=size).with_row_index("better")
better = ranked.filter(polars.col("place") < polars.col("size") // 2)
worse = ranked[better.select(polars.col("better") + polars.col("size") - 1 - 2 * polars.col("place")).to_series()]
gaps = better["reward"] - worse["reward"]
pairs = polars.DataFrame({"chosen": better["row"], "rejected": worse["row"], "gap": gaps}).filter(gaps >= 0.2)
sides = polars.DataFrame(
    {"chosen": rows["line"][pairs["chosen"]], "rejected": rows["line"][pairs["rejected"]], "gap": pairs["gap"]}
)
opening, between, last, closing = map(polars.lit, ['{"chosen":', ',"rejected":', ',"reward_gap":', "}"])
line = polars.concat_str(opening, "chosen", between, "rejected", last, "gap", closing)
sides.lazy().select(line).sink_csv(target, include_header=False, quote_style="never", separator="\x01")
