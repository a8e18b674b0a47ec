"""DuckDB at its best: a pass over the task types chooses hashes or row numbers, another copies those rows."""

import sys

import duckdb
from lines import READ, TASK, WRITE
from schema import DUCKDB

source, target, maximum = sys.argv[1:4]
if source.endswith(".parquet"):
    rows, task, mark = f"read_parquet('{source}', file_row_number = true)", "metadata.task_type", "file_row_number"
    kept = "* EXCLUDE file_row_number"
else:
    rows, task, mark, kept = READ.format(source=source), TASK, "hash(line)", "line"
form = WRITE
if target.endswith(".parquet"):
    form = "(FORMAT parquet)"
    if not source.endswith(".parquet"):
        struct = str(DUCKDB).replace("'", '"')
        kept = f"unnest(from_json(line, '{struct}'))"

duckdb.sql("SET enable_progress_bar = false")
duckdb.sql("SET preserve_insertion_order = false")
duckdb.sql(f"CREATE TEMP TABLE marks AS SELECT {task} AS task, {mark} AS mark FROM {rows}")
duckdb.sql(f"""
    CREATE TEMP TABLE chosen AS SELECT mark FROM marks
    QUALIFY row_number() OVER (PARTITION BY task ORDER BY hash(mark)) <= {maximum}
""")
duckdb.sql(f"COPY (SELECT {kept} FROM {rows} WHERE {mark} IN (SELECT mark FROM chosen)) TO '{target}' {form}")
