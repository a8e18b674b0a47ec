"""DuckDB as its manual leads one to write it: typed rows, windows, QUALIFY."""

import sys

import duckdb
from schema import DUCKDB

source, target, maximum = sys.argv[1:4]
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql(f"""
    COPY (
        WITH rows AS (
            SELECT *, avg(reward) OVER (PARTITION BY metadata.prompt_id) AS mean
            FROM read_json('{source}', format = 'newline_delimited', columns = {DUCKDB})
        ), prompts AS (
            SELECT any_value(mean) AS mean FROM rows GROUP BY metadata.prompt_id
        ), cuts AS (
            SELECT quantile_cont(mean, 1 / 3) AS low, quantile_cont(mean, 2 / 3) AS high FROM prompts
        )
        SELECT rows.* EXCLUDE mean,
            CASE WHEN mean >= high THEN 'easy' WHEN mean >= low THEN 'medium' ELSE 'hard' END AS difficulty
        FROM rows, cuts
        QUALIFY row_number() OVER (PARTITION BY metadata.task_type, difficulty ORDER BY hash(id)) <= {maximum}
    ) TO '{target}' (FORMAT parquet)
""")
