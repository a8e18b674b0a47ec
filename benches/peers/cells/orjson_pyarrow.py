"""Python with orjson and PyArrow: a pass that parses every line, and the chosen lines as a table."""

import sys

import numpy
import pyarrow
import pyarrow.json
import pyarrow.parquet
from groups import LEVELS, choose, levels
from offsets import Part, parsed, parts, run, view


def scan(part: Part) -> tuple[numpy.ndarray, numpy.ndarray, list[str]]:
    """For every line of a part where it stands, of which prompt it is and its reward; and its task type."""
    places, rewards, tasks = [], [], []
    for offset, length, row in parsed(part):
        metadata = row["metadata"]
        places.append((offset, length, metadata["prompt_id"]))
        rewards.append(row["reward"])
        tasks.append(metadata["task_type"])
    return numpy.array(places, dtype=numpy.int64), numpy.array(rewards), tasks


def main() -> None:
    """Fills the cells with as many processes as the last argument says."""
    source, target, maximum, processes = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    found = run(processes, scan, parts(source, processes))
    offsets, lengths, prompts = numpy.concatenate([places for places, _, _ in found]).T
    rewards = numpy.concatenate([rewards for _, rewards, _ in found])
    tasks = pyarrow.array([task for _, _, tasks in found for task in tasks]).dictionary_encode().indices.to_numpy()
    level = levels(prompts, rewards)
    chosen = choose(tasks * len(LEVELS) + level, maximum)
    lines = view(source)
    kept = b"".join(lines[offsets[row] : offsets[row] + lengths[row]] for row in chosen)
    read = pyarrow.json.ReadOptions(block_size=16 << 20)
    table = pyarrow.json.read_json(pyarrow.BufferReader(kept), read_options=read)
    table = table.append_column("difficulty", pyarrow.array(LEVELS[level[chosen]].tolist()))
    pyarrow.parquet.write_table(table, target)


if __name__ == "__main__":
    main()
