"""How DuckDB reads and writes a file of lines without looking into them, and what it parses out of one."""

READ = (
    "read_csv('{source}', columns = {{line: 'VARCHAR'}}, header = false, auto_detect = false,"
    " delim = chr(1), quote = '', escape = '')"
)
WRITE = "(FORMAT csv, HEADER false, DELIMITER E'\\x01', QUOTE '', ESCAPE '')"
TASK = "json_extract_string(line, '$.metadata.task_type')"
PROMPT = "json_extract(line, '$.metadata.prompt_id')::BIGINT"
REWARD = "json_extract(line, '$.reward')::DOUBLE"
