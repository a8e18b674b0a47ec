"""The script that most people write: rows as objects with a score each, sorted, cut at percentiles, `json.dumps`."""

import json
import os
import sys

import numpy


def bucket(source: str, folder: str) -> None:
    """Puts each rollout into a bucket by its reward."""
    with open(source, encoding="utf-8") as lines:
        rollouts = [json.loads(line) for line in lines if line.strip()]
    scored = sorted(((rollout["reward"], rollout) for rollout in rollouts), key=lambda pair: pair[0])
    low, high = numpy.percentile([score for score, _ in scored], [100 / 3, 200 / 3])
    buckets = {"easy": [], "medium": [], "hard": []}
    for score, rollout in scored:
        buckets["easy" if score >= high else "medium" if score >= low else "hard"].append(rollout)
    for name, members in buckets.items():
        with open(os.path.join(folder, f"{name}.jsonl"), "w", encoding="utf-8") as made:
            for rollout in members:
                made.write(json.dumps(rollout) + "\n")
        print(f"  {name}: {len(members)} rollouts")


if __name__ == "__main__":
    bucket(sys.argv[1], os.path.dirname(sys.argv[2]))
