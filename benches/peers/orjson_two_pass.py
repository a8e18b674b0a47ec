"""Python with orjson: a pass that parses every line and notes where it stands, a second that copies the chosen."""

import mmap
import os
import random
import sys
from array import array
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor

import orjson


def parts(source: str, count: int) -> list[tuple[str, int, int]]:
    """Byte ranges of about equal size that begin and end at line ends."""
    size = os.path.getsize(source)
    bounds = [0]
    with open(source, "rb") as lines:
        for part in range(1, count):
            lines.seek(size * part // count)
            lines.readline()
            bounds.append(lines.tell())
    return [(source, start, end) for start, end in zip(bounds, [*bounds[1:], size])]


def scan(part: tuple[str, int, int]) -> dict[str, tuple[array, array]]:
    """For every task type of a part, the offsets and the lengths of its lines."""
    source, offset, end = part
    found = defaultdict(lambda: (array("q"), array("q")))
    with open(source, "rb", buffering=1 << 20) as lines:
        lines.seek(offset)
        while offset < end:
            line = lines.readline()
            offsets, lengths = found[orjson.loads(line)["metadata"]["task_type"]]
            offsets.append(offset)
            lengths.append(len(line))
            offset += len(line)
    return dict(found)


def main() -> None:
    """Balances with as many processes as the last argument says."""
    source, target, maximum, processes = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    if processes == 1:
        found = [scan(parts(source, 1)[0])]
    else:
        with ProcessPoolExecutor(processes) as pool:
            found = list(pool.map(scan, parts(source, processes)))
    strata = defaultdict(list)
    for part in found:
        for task, (offsets, lengths) in part.items():
            strata[task].extend(zip(offsets, lengths))
    chance = random.Random(1)
    chosen = sorted(line for lines in strata.values() for line in chance.sample(lines, min(maximum, len(lines))))
    with open(source, "rb") as lines, open(target, "wb", buffering=1 << 20) as kept:
        view = memoryview(mmap.mmap(lines.fileno(), 0, access=mmap.ACCESS_READ))
        for offset, length in chosen:
            kept.write(view[offset : offset + length])


if __name__ == "__main__":
    main()
