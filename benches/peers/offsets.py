"""What the participants that use orjson have in common: parts of a file, read by as many processes, and their lines."""

import mmap
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor

import orjson

Part = tuple[str, int, int]


def parts(source: str, count: int) -> list[Part]:
    """Byte ranges of about equal size that begin and end at line ends."""
    size = os.path.getsize(source)
    bounds = [0]
    with open(source, "rb") as lines:
        for part in range(1, count):
            lines.seek(size * part // count)
            lines.readline()
            bounds.append(lines.tell())
    return [(source, start, end) for start, end in zip(bounds, [*bounds[1:], size])]


def parsed(part: Part) -> Iterator[tuple[int, int, dict]]:
    """The offset, the length and the value of every line of a part."""
    source, offset, end = part
    with open(source, "rb", buffering=1 << 20) as lines:
        lines.seek(offset)
        while offset < end:
            line = lines.readline()
            yield offset, len(line), orjson.loads(line)
            offset += len(line)


def run(processes: int, work: Callable, given: list) -> list:
    """Does all the work, in processes if there may be several."""
    if processes == 1:
        return [work(one) for one in given]
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(work, given))


def view(source: str) -> memoryview:
    """A file's bytes."""
    with open(source, "rb") as lines:
        return memoryview(mmap.mmap(lines.fileno(), 0, access=mmap.ACCESS_READ))
