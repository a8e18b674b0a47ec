"""How DuckDB reads and writes a file of lines without looking into them."""

READ = (
    "read_csv('{source}', columns = {{line: 'VARCHAR'}}, header = false, auto_detect = false,"
    " delim = chr(1), quote = '', escape = '')"
)
WRITE = "(FORMAT csv, HEADER false, DELIMITER E'\\x01', QUOTE '', ESCAPE '')"
TASK = "json_extract_string(line, '$.metadata.task_type')"
