"""`datasets`: load, then counts and bins of the Arrow columns."""

import json
import sys

import numpy
import pyarrow.compute
from stored import load

source, _, *cache = sys.argv[1:]
rows = load(source, *cache or [None])
tasks = pyarrow.compute.struct_field(rows.data.column("metadata"), "task_type")
counts = {str(count["values"]): count["counts"] for count in tasks.value_counts().to_pylist()}
bins, _ = numpy.histogram(rows.data.column("reward").to_numpy(), bins=10)
json.dump({"counts": counts, "bins": bins.tolist()}, sys.stdout)
