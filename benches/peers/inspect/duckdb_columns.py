"""DuckDB: the two columns, typed, in a table (of Parquet: in a view), of which counts and bins are made."""

import json
import sys

import duckdb

source = sys.argv[1]
if source.endswith(".parquet"):
    rows, kind = f"read_parquet('{source}')", "VIEW"
else:
    narrow = {"metadata": "STRUCT(task_type VARCHAR)", "reward": "DOUBLE"}
    rows = f"read_json('{source}', format = 'newline_delimited', columns = {narrow})"
    kind = "TABLE"
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql("SET preserve_insertion_order = false")
duckdb.sql(f"CREATE TEMP {kind} fields AS SELECT metadata.task_type AS task, reward FROM {rows}")
counts = dict(duckdb.sql("SELECT task, count(*) FROM fields GROUP BY task").fetchall())
bins = duckdb.sql("""
    WITH ends AS (SELECT min(reward) AS low, max(reward) AS high FROM fields)
    SELECT least(floor((reward - low) / (high - low) * 10), 9)::BIGINT AS bin, count(*) FROM fields, ends
    GROUP BY bin ORDER BY bin
""").fetchall()
json.dump({"counts": counts, "bins": [count for _, count in bins]}, sys.stdout)
