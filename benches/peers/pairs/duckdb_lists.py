"""DuckDB over raw lines: the lines of each prompt as a sorted list, whose ends meet."""

import sys

import duckdb
from lines import READ, WRITE

source, target = sys.argv[1:3]
narrow = '{"reward": "DOUBLE", "metadata": {"prompt_id": "BIGINT"}}'
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql("SET preserve_insertion_order = false")
duckdb.sql(f"""
    COPY (
        WITH rows AS (
            SELECT line, from_json(line, '{narrow}') AS fields FROM {READ.format(source=source)}
        ), groups AS (
            SELECT list({{line: line, reward: fields.reward}} ORDER BY fields.reward DESC) AS members FROM rows
            GROUP BY fields.metadata.prompt_id
        ), pairs AS (
            SELECT members[place] AS chosen, members[-place] AS rejected
            FROM (SELECT members, unnest(range(1, len(members) // 2 + 1)) AS place FROM groups)
        ), gaps AS (
            SELECT chosen.line AS better, rejected.line AS worse, chosen.reward - rejected.reward AS gap FROM pairs
        )
        SELECT concat('{{"chosen":', better, ',"rejected":', worse, ',"reward_gap":', gap, '}}') FROM gaps
        WHERE gap >= 0.2
    ) TO '{target}' {WRITE}
""")
