"""`datasets` as its guide leads one to write it: filter, shuffle, select, concatenate, shuffle."""

import sys

import datasets
import pyarrow.compute
from stored import load

source, target, *cache = sys.argv[1:]
rows = load(source, *cache or [None])
label = pyarrow.compute.greater_equal(rows.data.column("reward"), 0.35)
rows = rows.add_column("label", label.to_pylist())
labelled = {value: rows.filter(value.__eq__, input_columns="label") for value in (True, False)}
desirable = labelled[True].shuffle(seed=1).select(range(len(labelled[False])))
datasets.concatenate_datasets([desirable, labelled[False]]).shuffle(seed=2).to_parquet(target)
