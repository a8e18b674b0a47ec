"""Python with orjson: a pass that parses every line, with a counter and `numpy.histogram`."""

import json
import sys
from collections import Counter

import numpy
from offsets import Part, parsed, parts, run


def scan(part: Part) -> tuple[Counter, numpy.ndarray]:
    """How many rows a part has of each task type, and their rewards."""
    tasks, rewards = [], []
    for _, _, row in parsed(part):
        tasks.append(row["metadata"]["task_type"])
        rewards.append(row["reward"])
    return Counter(tasks), numpy.array(rewards)


def main() -> None:
    """Counts with as many processes as the last argument says."""
    source, processes = sys.argv[1], int(sys.argv[3])
    found = run(processes, scan, parts(source, processes))
    counts = sum((counter for counter, _ in found), Counter())
    bins, _ = numpy.histogram(numpy.concatenate([rewards for _, rewards in found]), bins=10)
    json.dump({"counts": counts, "bins": bins.tolist()}, sys.stdout)


if __name__ == "__main__":
    main()
