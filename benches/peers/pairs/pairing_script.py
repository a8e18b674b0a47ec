"""The script that most people write: rows as objects by prompt, sorted, the best with the worst, `json.dumps`."""

import json
import sys
from collections import defaultdict


def pair(source: str, target: str) -> None:
    """Pairs the rollouts of each prompt."""
    by_prompt = defaultdict(list)
    with open(source, encoding="utf-8") as lines:
        for line in lines:
            rollout = json.loads(line)
            by_prompt[rollout["metadata"]["prompt_id"]].append(rollout)
    pairs = []
    for rollouts in by_prompt.values():
        rollouts.sort(key=lambda rollout: rollout["reward"], reverse=True)
        for i in range(len(rollouts) // 2):
            chosen, rejected = rollouts[i], rollouts[-(i + 1)]
            gap = chosen["reward"] - rejected["reward"]
            if gap >= 0.2:
                pairs.append({"chosen": chosen, "rejected": rejected, "reward_gap": gap})
    print(f"Same-prompt pairs: {len(pairs)}")
    with open(target, "w", encoding="utf-8") as made:
        for item in pairs:
            made.write(json.dumps(item) + "\n")


if __name__ == "__main__":
    pair(sys.argv[1], sys.argv[2])
