"""DuckDB over typed rows in two passes: the narrow columns choose ids, and only those rows are written."""

import sys

import duckdb
from schema import DUCKDB

source, target, maximum = sys.argv[1:4]
read = f"read_json('{source}', format = 'newline_delimited', columns = {{}})"
narrow = {"id": "VARCHAR", "reward": "DOUBLE", "metadata": "STRUCT(task_type VARCHAR, prompt_id BIGINT)"}
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql("SET preserve_insertion_order = false")
duckdb.sql(f"CREATE TEMP TABLE marks AS SELECT id, reward, unnest(metadata) FROM {read.format(narrow)}")
duckdb.sql(f"""
    CREATE TEMP TABLE chosen AS
    WITH prompts AS (SELECT prompt_id, avg(reward) AS mean FROM marks GROUP BY prompt_id),
    cuts AS (SELECT quantile_cont(mean, 1 / 3) AS low, quantile_cont(mean, 2 / 3) AS high FROM prompts),
    levels AS (
        SELECT prompt_id,
            CASE WHEN mean >= high THEN 'easy' WHEN mean >= low THEN 'medium' ELSE 'hard' END AS difficulty
        FROM prompts, cuts
    )
    SELECT id, difficulty FROM marks JOIN levels USING (prompt_id)
    QUALIFY row_number() OVER (PARTITION BY task_type, difficulty ORDER BY hash(id)) <= {maximum}
""")
duckdb.sql(f"COPY (FROM {read.format(DUCKDB)} JOIN chosen USING (id)) TO '{target}' (FORMAT parquet)")
