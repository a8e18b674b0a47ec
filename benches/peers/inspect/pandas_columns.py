"""pandas over columns that PyArrow reads: `value_counts`, `numpy.histogram`."""

import json
import sys

import numpy
from narrow import read

fields = read(sys.argv[1]).to_pandas()
counts = fields["metadata.task_type"].value_counts().to_dict()
bins, _ = numpy.histogram(fields["reward"], bins=10)
json.dump({"counts": counts, "bins": bins.tolist()}, sys.stdout)
