"""PyArrow: the narrow column of Parquet and then row group by row group, or the whole of a JSONL file as a table."""

import sys

import numpy
import pyarrow
import pyarrow.compute
import pyarrow.json
import pyarrow.parquet


def choose(tasks: pyarrow.ChunkedArray, maximum: int) -> numpy.ndarray:
    """A mask with at most so many random rows of each task type."""
    chance = numpy.random.default_rng(1)
    codes = tasks.combine_chunks().dictionary_encode().indices.to_numpy()
    mask = numpy.zeros(len(codes), dtype=bool)
    for code in numpy.unique(codes):
        rows = numpy.flatnonzero(codes == code)
        mask[chance.choice(rows, min(maximum, len(rows)), replace=False)] = True
    return mask


def main() -> None:
    """Balances either form into Parquet."""
    source, target, maximum = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if source.endswith(".parquet"):
        groups = pyarrow.parquet.ParquetFile(source, memory_map=True)
        tasks = groups.read(["metadata.task_type"]).column("metadata")
        mask = choose(pyarrow.compute.struct_field(tasks, "task_type"), maximum)
        first = 0
        with pyarrow.parquet.ParquetWriter(target, groups.schema_arrow) as kept:
            for number in range(groups.num_row_groups):
                group = groups.read_row_group(number)
                kept.write_table(group.filter(pyarrow.array(mask[first : first + len(group)])))
                first += len(group)
        return
    table = pyarrow.json.read_json(source, read_options=pyarrow.json.ReadOptions(block_size=16 << 20))
    mask = choose(pyarrow.compute.struct_field(table.column("metadata"), "task_type"), maximum)
    pyarrow.parquet.write_table(table.filter(pyarrow.array(mask)), target)


if __name__ == "__main__":
    main()
