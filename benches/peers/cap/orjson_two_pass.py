"""Python with orjson: a pass that parses every line and notes where it stands, a second that copies the chosen."""

import random
import sys
from array import array
from collections import defaultdict

from offsets import Part, parsed, parts, run, view


def scan(part: Part) -> dict[str, tuple[array, array]]:
    """For every task type of a part, the offsets and the lengths of its lines."""
    found = defaultdict(lambda: (array("q"), array("q")))
    for offset, length, row in parsed(part):
        offsets, lengths = found[row["metadata"]["task_type"]]
        offsets.append(offset)
        lengths.append(length)
    return dict(found)


def main() -> None:
    """Balances with as many processes as the last argument says."""
    source, target, maximum, processes = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    strata = defaultdict(list)
    for part in run(processes, scan, parts(source, processes)):
        for task, (offsets, lengths) in part.items():
            strata[task].extend(zip(offsets, lengths))
    chance = random.Random(1)
    chosen = sorted(line for lines in strata.values() for line in chance.sample(lines, min(maximum, len(lines))))
    lines = view(source)
    with open(target, "wb", buffering=1 << 20) as kept:
        for offset, length in chosen:
            kept.write(lines[offset : offset + length])


if __name__ == "__main__":
    main()
