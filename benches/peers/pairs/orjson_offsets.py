"""Python with orjson: a pass that parses every line and notes where it stands, a second that copies pairs of lines."""

import sys

import numpy
from offsets import Part, parsed, parts, run, view

Pairs = tuple[str, str, list[tuple[int, int, int, int, float]]]


def scan(part: Part) -> tuple[numpy.ndarray, numpy.ndarray]:
    """For every line of a part where it stands, its length without the line end and its prompt; and its reward."""
    places, rewards = [], []
    for offset, length, row in parsed(part):
        places.append((offset, length - 1, row["metadata"]["prompt_id"]))
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
    source, target, places = pairs
    lines = view(source)
    with open(target, "wb", buffering=1 << 20) as made:
        for chosen, chosen_length, rejected, rejected_length, gap in places:
            made.write(b'{"chosen":')
            made.write(lines[chosen : chosen + chosen_length])
            made.write(b',"rejected":')
            made.write(lines[rejected : rejected + rejected_length])
            made.write(b',"reward_gap":%a}\n' % gap)


def main() -> None:
    """Makes pairs with as many processes as the last argument says; each writes a file."""
    source, target, processes = sys.argv[1], sys.argv[2], int(sys.argv[3])
    found = run(processes, scan, parts(source, processes))
    offsets, lengths, prompts = numpy.concatenate([places for places, _ in found]).T
    rewards = numpy.concatenate([rewards for _, rewards in found])
    chosen, rejected = mirror(prompts, rewards)
    gaps = rewards[chosen] - rewards[rejected]
    chosen, rejected, gaps = (side[gaps >= 0.2] for side in (chosen, rejected, gaps))
    columns = [offsets[chosen], lengths[chosen], offsets[rejected], lengths[rejected], gaps]
    shares = zip(*(numpy.array_split(column, processes) for column in columns))
    made = [list(zip(*(column.tolist() for column in share))) for share in shares]
    run(
        processes,
        write,
        [(source, target.replace(".jsonl", f"-{number}.jsonl"), pairs) for number, pairs in enumerate(made)],
    )


if __name__ == "__main__":
    main()
