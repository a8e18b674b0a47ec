"""Python with orjson: a pass that parses every line and notes where it stands, a second that copies pairs of lines."""

import sys

import numpy
from offsets import Part, parsed, parts, run, view

Pairs = tuple[str, str, list[numpy.ndarray]]


def scan(part: Part) -> tuple[numpy.ndarray, numpy.ndarray]:
    """For every line of a part where it begins and ends, and its prompt; and its reward."""
    places, rewards = [], []
    for offset, length, row in parsed(part):
        places.append((offset, offset + length - 1, row["metadata"]["prompt_id"]))
        rewards.append(row["reward"])
    return numpy.array(places, dtype=numpy.int64), numpy.array(rewards)


def mirror(prompts: numpy.ndarray, rewards: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Of each prompt the best rows and, in the same order, the worst ones."""
    order = numpy.lexsort((-rewards, prompts))
    _, starts, sizes = numpy.unique(prompts[order], return_index=True, return_counts=True)
    start, size = numpy.repeat(starts, sizes), numpy.repeat(sizes, sizes)
    rank = numpy.arange(len(order)) - start
    best = rank < size // 2
    return order[best], order[(start + size - 1 - rank)[best]]


def write(pairs: Pairs) -> None:
    """Copies both lines of each pair."""
    source, target, columns = pairs
    lines = view(source)
    with open(target, "wb", buffering=1 << 20) as made:
        for chosen, chosen_end, rejected, rejected_end, gap in zip(*(column.tolist() for column in columns)):
            better, worse = lines[chosen:chosen_end], lines[rejected:rejected_end]
            made.writelines((b'{"chosen":', better, b',"rejected":', worse, b',"reward_gap":%a}\n' % gap))


def main() -> None:
    """Makes pairs with as many processes as the last argument says; each writes a file."""
    source, target, processes = sys.argv[1], sys.argv[2], int(sys.argv[3])
    found = run(processes, scan, parts(source, processes))
    starts, ends, prompts = numpy.concatenate([places for places, _ in found]).T
    rewards = numpy.concatenate([rewards for _, rewards in found])
    chosen, rejected = mirror(prompts, rewards)
    gaps = rewards[chosen] - rewards[rejected]
    chosen, rejected, gaps = (side[gaps >= 0.2] for side in (chosen, rejected, gaps))
    columns = [starts[chosen], ends[chosen], starts[rejected], ends[rejected], gaps]
    shares = zip(*(numpy.array_split(column, processes) for column in columns))
    stem = target.removesuffix(".jsonl")
    made = [(source, f"{stem}-{number}.jsonl", list(share)) for number, share in enumerate(shares)]
    run(processes, write, made)


if __name__ == "__main__":
    main()
