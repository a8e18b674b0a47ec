"""DuckDB at its best: one pass finds the highest hash that each task type keeps, another copies what is below."""

import sys

import duckdb
from lines import READ, TASK, WRITE
from schema import DUCKDB

source, target, maximum = sys.argv[1:4]
if source.endswith(".parquet"):
    rows, task, mark = f"read_parquet('{source}', file_row_number = true)", "metadata.task_type", "file_row_number"
    kept = "* EXCLUDE file_row_number"
else:
    rows, task, mark, kept = READ.format(source=source), TASK, "line", "line"
form = WRITE
if target.endswith(".parquet"):
    form = "(FORMAT parquet)"
    if mark == "line":
        struct = str(DUCKDB).replace("'", '"')
        kept = f"unnest(from_json(line, '{struct}'))"

duckdb.sql("SET enable_progress_bar = false")
duckdb.sql("SET preserve_insertion_order = false")
duckdb.sql(f"CREATE TEMP TABLE marks AS SELECT {task} AS task, hash({mark}) AS mark FROM {rows}")
limits = duckdb.sql(f"""
    SELECT task, max(mark) FROM (
        FROM marks QUALIFY row_number() OVER (PARTITION BY task ORDER BY mark) <= {maximum}
    ) GROUP BY task
""").fetchall()
highest = " ".join(f"WHEN '{name}' THEN {limit}::UBIGINT" for name, limit in limits)
duckdb.sql(f"""
    COPY (SELECT {kept} FROM {rows} WHERE hash({mark}) <= CASE {task} {highest} END) TO '{target}' {form}
""")
