"""DuckDB with the raw lines in a table: pairs of row numbers, to which the lines are joined."""

import sys

import duckdb
from lines import READ, WRITE

source, target = sys.argv[1:3]
narrow = '{"reward": "DOUBLE", "metadata": {"prompt_id": "BIGINT"}}'
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql("SET preserve_insertion_order = false")
duckdb.sql(f"""
    CREATE TEMP TABLE rows AS
    SELECT line, from_json(line, '{narrow}') AS fields FROM {READ.format(source=source)}
""")
duckdb.sql("""
    CREATE TEMP TABLE pairs AS
    WITH groups AS (
        SELECT list({mark: rowid, reward: fields.reward} ORDER BY fields.reward DESC) AS members FROM rows
        GROUP BY fields.metadata.prompt_id
    ), places AS (
        SELECT members, unnest(range(1, len(members) // 2 + 1)) AS place FROM groups
    )
    SELECT members[place].mark AS chosen, members[-place].mark AS rejected,
        members[place].reward - members[-place].reward AS gap
    FROM places WHERE gap >= 0.2
""")
duckdb.sql(f"""
    COPY (
        SELECT concat('{{"chosen":', better.line, ',"rejected":', worse.line, ',"reward_gap":', gap, '}}') FROM pairs
        JOIN rows AS better ON better.rowid = chosen JOIN rows AS worse ON worse.rowid = rejected
    ) TO '{target}' {WRITE}
""")
