"""DuckDB with raw lines in a table: the narrow fields choose row numbers, and only those lines become columns."""

import sys

import duckdb
from lines import READ
from schema import DUCKDB

source, target, maximum = sys.argv[1:4]
rows = READ.format(source=source)
narrow = '{"reward": "DOUBLE", "metadata": {"task_type": "VARCHAR", "prompt_id": "BIGINT"}}'
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql("SET preserve_insertion_order = false")
duckdb.sql(f"CREATE TEMP TABLE lines AS SELECT line, from_json(line, '{narrow}') AS fields FROM {rows}")
duckdb.sql(f"""
    CREATE TEMP TABLE chosen AS
    WITH marks AS (SELECT rowid AS mark, fields.reward AS reward, unnest(fields.metadata) FROM lines),
    prompts AS (SELECT prompt_id, avg(reward) AS mean FROM marks GROUP BY prompt_id),
    cuts AS (SELECT quantile_cont(mean, 1 / 3) AS low, quantile_cont(mean, 2 / 3) AS high FROM prompts),
    levels AS (
        SELECT prompt_id,
            CASE WHEN mean >= high THEN 'easy' WHEN mean >= low THEN 'medium' ELSE 'hard' END AS difficulty
        FROM prompts, cuts
    )
    SELECT mark, difficulty FROM marks JOIN levels USING (prompt_id)
    QUALIFY row_number() OVER (PARTITION BY task_type, difficulty ORDER BY hash(mark)) <= {maximum}
""")
struct = str(DUCKDB).replace("'", '"')
duckdb.sql(f"""
    COPY (SELECT unnest(from_json(line, '{struct}')), difficulty FROM lines JOIN chosen ON mark = lines.rowid)
    TO '{target}' (FORMAT parquet)
""")
