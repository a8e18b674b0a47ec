"""DuckDB as its manual leads one to write it: typed rows, a window, QUALIFY."""

import sys

import duckdb
from schema import DUCKDB

source, target, maximum = sys.argv[1:4]
if source.endswith(".parquet"):
    rows = f"read_parquet('{source}')"
else:
    rows = f"read_json('{source}', format = 'newline_delimited', columns = {DUCKDB})"
form = "parquet" if target.endswith(".parquet") else "json"
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql(f"""
    COPY (
        FROM {rows}
        QUALIFY row_number() OVER (PARTITION BY metadata.task_type ORDER BY hash(id)) <= {maximum}
    ) TO '{target}' (FORMAT {form})
""")
