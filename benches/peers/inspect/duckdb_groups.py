"""DuckDB in one aggregation: how often each task type has each reward, of which counts and bins are made."""

import json
import sys

import duckdb

source = sys.argv[1]
if source.endswith(".parquet"):
    rows = f"read_parquet('{source}')"
else:
    narrow = {"metadata": "STRUCT(task_type VARCHAR)", "reward": "DOUBLE"}
    rows = f"read_json('{source}', format = 'newline_delimited', columns = {narrow})"
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql("SET preserve_insertion_order = false")
duckdb.sql(f"""
    CREATE TEMP TABLE groups AS
    SELECT metadata.task_type AS task, reward, count(*) AS size FROM {rows} GROUP BY ALL
""")
counts = dict(duckdb.sql("SELECT task, sum(size)::BIGINT FROM groups GROUP BY task").fetchall())
bins = duckdb.sql("""
    WITH ends AS (SELECT min(reward) AS low, max(reward) AS high FROM groups)
    SELECT least(floor((reward - low) / (high - low) * 10), 9)::BIGINT AS bin, sum(size)::BIGINT FROM groups, ends
    GROUP BY bin ORDER BY bin
""").fetchall()
json.dump({"counts": counts, "bins": [count for _, count in bins]}, sys.stdout)
