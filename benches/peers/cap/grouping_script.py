"""The script that most people write: group the lines of a file by type in memory, sample from each group."""

import json
import random
import sys
from collections import defaultdict


def stratified_sample(source: str, target: str, maximum: int) -> None:
    """Takes a random sample of each type, or all of it where there are fewer."""
    by_type = defaultdict(list)
    with open(source, encoding="utf-8") as lines:
        for line in lines:
            rollout = json.loads(line)
            by_type[rollout.get("metadata", {}).get("task_type", "general")].append(line)
    with open(target, "w", encoding="utf-8") as kept:
        for task_type, lines in by_type.items():
            selected = random.sample(lines, maximum) if len(lines) >= maximum else lines
            print(f"{task_type}: {len(selected)} samples")
            for line in selected:
                kept.write(line)


if __name__ == "__main__":
    stratified_sample(sys.argv[1], sys.argv[2], int(sys.argv[3]))
