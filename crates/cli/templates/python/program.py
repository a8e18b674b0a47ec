#!/usr/bin/env python3
"""Keep the best share of each group"""

import json
import math
import sys
from collections import defaultdict

MANIFEST = {
    "contract": 1,
    "name": "{{name}}",
    "version": "0.1.0",
    "summary": __doc__,
    "wire": "json",
    "options": {
        "type": "object",
        "required": ["by", "score"],
        "properties": {
            "by": {"type": "string", "description": "What makes two rows the same kind."},
            "score": {"type": "string", "description": "What is higher for better rows."},
            "share": {
                "type": "number",
                "minimum": 0,
                "maximum": 1,
                "default": 0.5,
                "description": "Which share of each kind to keep; the number of rows is rounded, halves up.",
            },
        },
    },
    "example": {
        "options": {"by": "task", "score": "reward"},
        "rows": [{"task": "math", "reward": 1}, {"task": "math", "reward": 2}, {"task": "coding", "reward": 0}],
        "chooses": [1, 2],
    },
}


def needs(options):
    """The columns that `run` is to be given."""
    return {"group": {"groups": [options["by"]]}, "score": {"values": options["score"]}, "luck": "priority"}


def run(options, rows):
    """The positions of the rows to keep."""
    groups = defaultdict(list)
    for position, row in enumerate(rows):
        groups[row["group"]].append(position)
    kept = []
    for positions in groups.values():
        positions.sort(key=lambda position: rows[position]["luck"])
        scored = [position for position in positions if rows[position]["score"] is not None]
        others = [position for position in positions if rows[position]["score"] is None]
        scored.sort(key=lambda position: rows[position]["score"], reverse=True)
        kept += (scored + others)[: math.floor(len(positions) * options["share"] + 0.5)]
    return sorted(kept)


def main():
    """Does what the program is called for: one of three words."""
    if sys.argv[1] == "describe":
        print(json.dumps(MANIFEST))
    elif sys.argv[1] == "needs":
        print(json.dumps({"needs": needs(json.load(sys.stdin))}))
    elif sys.argv[1] == "run":
        options = json.loads(sys.stdin.readline())["options"]
        rows = [json.loads(line) for line in sys.stdin]
        print("{}")
        for position in run(options, rows):
            print(json.dumps({"position": position}))


if __name__ == "__main__":
    main()
