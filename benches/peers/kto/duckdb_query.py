"""DuckDB in one query: a window over each label, QUALIFY, a random order."""

import sys

import duckdb

source, target = sys.argv[1:3]
rows = f"(SELECT *, reward >= 0.35 AS label FROM read_parquet('{source}'))"
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql(f"""
    COPY (
        FROM {rows}
        QUALIFY NOT label
            OR row_number() OVER (PARTITION BY label ORDER BY hash(id)) <= (SELECT count(*) FROM {rows} WHERE NOT label)
        ORDER BY hash(id, 'order')
    ) TO '{target}' (FORMAT parquet)
""")
