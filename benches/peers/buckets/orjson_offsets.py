"""Python with orjson: a pass that parses every line and notes its length and reward, a second that copies lines."""

import os
import sys
from contextlib import ExitStack

import numpy
from offsets import Part, parsed, parts, run, view

NAMES = ["hard", "medium", "easy"]


def scan(part: Part) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The length and the reward of every line of a part."""
    lengths, rewards = [], []
    for _, length, row in parsed(part):
        lengths.append(length)
        rewards.append(row["reward"])
    return numpy.array(lengths, dtype=numpy.int64), numpy.array(rewards)


def write(share: tuple[str, str, int, numpy.ndarray, numpy.ndarray]) -> None:
    """Copies the lines of a part, each into the file of its bucket."""
    source, ending, offset, lengths, buckets = share
    lines = view(source)
    with ExitStack() as opened:
        files = [opened.enter_context(open(f"{name}{ending}", "wb", buffering=1 << 20)) for name in NAMES]
        for length, bucket in zip(lengths.tolist(), buckets.tolist()):
            files[bucket].write(lines[offset : offset + length])
            offset += length


def main() -> None:
    """Makes three files with as many processes as the last argument says; each process writes three of its own."""
    source, target, processes = sys.argv[1], sys.argv[2], int(sys.argv[3])
    ranges = parts(source, processes)
    found = run(processes, scan, ranges)
    cuts = numpy.percentile(numpy.concatenate([rewards for _, rewards in found]), [100 / 3, 200 / 3])
    os.chdir(os.path.dirname(target))
    shares = []
    for number, ((_, offset, _), (lengths, rewards)) in enumerate(zip(ranges, found)):
        buckets = numpy.searchsorted(cuts, rewards, side="right")
        shares.append((source, f"-{number}.jsonl", offset, lengths, buckets))
    run(processes, write, shares)


if __name__ == "__main__":
    main()
