"""DuckDB at its best: labels and row numbers first, then only the chosen rows through a semi-join, sorted at random."""

import sys

import duckdb

source, target = sys.argv[1:3]
rows = f"read_parquet('{source}', file_row_number = true)"
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql(f"CREATE TEMP TABLE labels AS SELECT file_row_number AS row, reward >= 0.35 AS label FROM {rows}")
duckdb.sql("""
    CREATE TEMP TABLE chosen AS SELECT row FROM labels
    QUALIFY NOT label
        OR row_number() OVER (PARTITION BY label ORDER BY hash(row)) <= (SELECT count(*) FROM labels WHERE NOT label)
""")
duckdb.sql(f"""
    COPY (
        SELECT * EXCLUDE file_row_number, reward >= 0.35 AS label FROM {rows}
        WHERE file_row_number IN (SELECT row FROM chosen)
        ORDER BY hash(file_row_number, 'order')
    ) TO '{target}' (FORMAT parquet)
""")
