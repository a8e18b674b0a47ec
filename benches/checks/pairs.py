"""Of each prompt the best row with the worst, the second best with the second worst, and so on, with a gap of 0.2."""

from collections import defaultdict
from pathlib import Path

import orjson

import outputs
from source import Source, row_of, same_values

MINIMUM_GAP = 0.2


def expected(source: Source) -> list[tuple[int, int]]:
    """The rows of each pair, the better one first."""
    members = defaultdict(list)
    rewards = source.rewards.tolist()
    for row, prompt in enumerate(source.prompts.tolist()):
        members[prompt].append(row)
    pairs = []
    for rows in members.values():
        ranked = sorted(rows, key=lambda row: -rewards[row])
        pairs.extend(zip(ranked[: len(rows) // 2], reversed(ranked)))
    return [(better, worse) for better, worse in pairs if rewards[better] - rewards[worse] >= MINIMUM_GAP]


def expected_bytes(source: Source, _: int) -> int:
    """How many bytes the lines of all pairs take."""
    frame = len('{"chosen":,"rejected":,"reward_gap":0.1234}')
    return int(sum(source.sizes[better] + source.sizes[worse] + frame for better, worse in expected(source)))


def pair(source: Source, line: bytes, outcome: outputs.Outcome) -> tuple[int, int]:
    """The rows of a written pair; each must be an input row, and the gap theirs."""
    parsed = orjson.loads(line)
    if set(parsed) != {"chosen", "rejected", "reward_gap"}:
        outcome.problems.append(f"members {', '.join(parsed)}")
        return 0, 0
    better, worse = row_of(parsed["chosen"]), row_of(parsed["rejected"])
    for row, side in ((better, parsed["chosen"]), (worse, parsed["rejected"])):
        if source.line(row) not in line:
            outcome.kind = "same values"
            if not same_values(source, row, side):
                outcome.problems.append(f"row {row} was changed")
    if parsed["reward_gap"] != source.rewards[better] - source.rewards[worse]:
        outcome.problems.append(f"rows {better} and {worse}: the gap is not {parsed['reward_gap']}")
    return better, worse


def check(source: Source, folder: Path, suffix: str, _: int) -> outputs.Outcome:
    """Whether an output is the job; which of rows with equal rewards are paired is free."""
    found = outputs.files(folder, suffix)
    outcome = outputs.Outcome(sum(file.stat().st_size for file in found), "same bytes")
    pairs = []
    for file in found:
        with file.open("rb") as lines:
            for line in lines:
                pairs.append(pair(source, line, outcome))
                if outcome.problems:
                    return outcome
    prompts, rewards = source.prompts.tolist(), source.rewards.tolist()
    if any(prompts[better] != prompts[worse] for better, worse in pairs):
        outcome.problems.append("pairs across prompts")
    if len({row for rows in pairs for row in rows}) < 2 * len(pairs):
        outcome.problems.append("rows in several pairs")
    got, wanted = (
        sorted((prompts[better], rewards[better], rewards[worse]) for better, worse in some)
        for some in (pairs, expected(source))
    )
    if got != wanted:
        outcome.problems.append(f"{len(got)} pairs instead of {len(wanted)}, or other ones")
    return outcome
