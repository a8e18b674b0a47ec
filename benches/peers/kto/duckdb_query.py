"""DuckDB in one query: a window over the label, QUALIFY, a random order."""

import sys

import duckdb

source, target = sys.argv[1:3]
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql(f"""
    COPY (
        SELECT *, reward >= 0.35 AS label FROM read_parquet('{source}')
        QUALIFY NOT label
            OR row_number() OVER (PARTITION BY label ORDER BY hash(id)) <= count(*) FILTER (NOT label) OVER ()
        ORDER BY hash(id, 'order')
    ) TO '{target}' (FORMAT parquet)
""")
