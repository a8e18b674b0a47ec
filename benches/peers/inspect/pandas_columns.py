"""PyArrow and pandas: the two columns as a table, `value_counts`, `numpy.histogram`."""

import json
import sys

import numpy
import pyarrow
import pyarrow.json
import pyarrow.parquet

source = sys.argv[1]
if source.endswith(".parquet"):
    table = pyarrow.parquet.ParquetFile(source, memory_map=True).read(["metadata.task_type", "reward"])
else:
    schema = pyarrow.schema(
        [("metadata", pyarrow.struct([("task_type", pyarrow.string())])), ("reward", pyarrow.float64())]
    )
    parse = pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    read = pyarrow.json.ReadOptions(block_size=16 << 20)
    table = pyarrow.json.read_json(source, read_options=read, parse_options=parse)
fields = table.flatten().to_pandas()
counts = fields["metadata.task_type"].value_counts().to_dict()
bins, _ = numpy.histogram(fields["reward"], bins=10)
json.dump({"counts": counts, "bins": bins.tolist()}, sys.stdout)
