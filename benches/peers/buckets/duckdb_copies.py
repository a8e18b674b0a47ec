"""DuckDB over raw lines in a table: rewards parsed out, one COPY for each bucket."""

import os
import sys

import duckdb
from lines import READ, REWARD, WRITE

source, folder = sys.argv[1], os.path.dirname(sys.argv[2])
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql("SET preserve_insertion_order = false")
duckdb.sql(f"CREATE TEMP TABLE rows AS SELECT line, {REWARD} AS reward FROM {READ.format(source=source)}")
low, high = duckdb.sql("SELECT quantile_cont(reward, [1 / 3, 2 / 3]) FROM rows").fetchall()[0][0]
buckets = {
    "easy": f"reward >= {high!r}",
    "medium": f"reward >= {low!r} AND reward < {high!r}",
    "hard": f"reward < {low!r}",
}
for name, kept in buckets.items():
    duckdb.sql(f"COPY (SELECT line FROM rows WHERE {kept}) TO '{folder}/{name}.jsonl' {WRITE}")
