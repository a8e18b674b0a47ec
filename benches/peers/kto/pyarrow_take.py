"""PyArrow: the narrow column, the chosen rows row group by row group, and then their permutation."""

import sys

import numpy
import pyarrow
import pyarrow.parquet

source, target = sys.argv[1:3]
chance = numpy.random.default_rng(1)
groups = pyarrow.parquet.ParquetFile(source, memory_map=True)
label = groups.read(["reward"]).column("reward").to_numpy() >= 0.35
chosen = ~label
chosen[chance.choice(numpy.flatnonzero(label), numpy.count_nonzero(~label), replace=False)] = True
first, kept = 0, []
for number in range(groups.num_row_groups):
    group = groups.read_row_group(number)
    places = slice(first, first + len(group))
    group = group.append_column("label", pyarrow.array(label[places]))
    kept.append(group.filter(pyarrow.array(chosen[places])))
    first += len(group)
table = pyarrow.concat_tables(kept).combine_chunks()
pyarrow.parquet.write_table(table.take(chance.permutation(len(table))), target)
