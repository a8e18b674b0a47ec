"""DuckDB over raw lines: the whole line goes through a window on its task type."""

import sys

import duckdb
from lines import READ, TASK, WRITE

source, target, maximum = sys.argv[1:4]
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql("SET preserve_insertion_order = false")
duckdb.sql(f"""
    COPY (
        SELECT line FROM {READ.format(source=source)}
        QUALIFY row_number() OVER (PARTITION BY {TASK} ORDER BY hash(line)) <= {maximum}
    ) TO '{target}' {WRITE}
""")
