"""PyArrow: the two columns as a table, `value_counts`, `numpy.histogram`; nothing that would import pandas."""

import json
import sys

import numpy
from narrow import read

fields = read(sys.argv[1])
counts = {str(count["values"]): count["counts"].as_py() for count in fields.column("metadata.task_type").value_counts()}
rewards = numpy.concatenate([numpy.from_dlpack(chunk) for chunk in fields.column("reward").chunks])
bins, _ = numpy.histogram(rewards, bins=10)
json.dump({"counts": counts, "bins": bins.tolist()}, sys.stdout)
