"""DuckDB over raw lines in two passes: the rewards first, then one COPY with a partition for each bucket."""

import os
import sys

import duckdb
from lines import READ, REWARD, WRITE

source, folder = sys.argv[1], os.path.dirname(sys.argv[2])
rows = f"(SELECT line, {REWARD} AS reward FROM {READ.format(source=source)})"
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql("SET preserve_insertion_order = false")
low, high = duckdb.sql(f"SELECT quantile_cont(reward, [1 / 3, 2 / 3]) FROM {rows}").fetchall()[0][0]
partitions = "PARTITION_BY (bucket), FILE_EXTENSION 'jsonl', OVERWRITE_OR_IGNORE true"
duckdb.sql(f"""
    COPY (
        SELECT line,
            CASE WHEN reward >= {high!r} THEN 'easy' WHEN reward >= {low!r} THEN 'medium' ELSE 'hard' END AS bucket
        FROM {rows}
    ) TO '{folder}' {WRITE.removesuffix(")")}, {partitions})
""")
