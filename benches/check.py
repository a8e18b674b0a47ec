"""Checks that an output is the job, or says how many bytes the job keeps."""

import argparse
import importlib
import json
from pathlib import Path

from source import Source

JOBS = ["cap", "kto", "cells", "pairs", "buckets", "inspect"]


def main() -> None:
    """Prints the outcome as JSON; without a folder, what is expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("jsonl", type=Path)
    parser.add_argument("--maximum", type=int, default=0, help="of rows of each group, where the job has one")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--suffix", choices=[".jsonl", ".parquet"], default=".jsonl")
    arguments = parser.parse_args()
    job = importlib.import_module(f"checks.{arguments.job}")
    source = Source(arguments.jsonl)
    if not arguments.folder:
        print(json.dumps({"bytes": job.expected_bytes(source, arguments.maximum)}))
        return
    outcome = job.check(source, arguments.folder, arguments.suffix, arguments.maximum)
    print(json.dumps({"bytes": outcome.bytes, "kind": outcome.kind, "problems": outcome.problems}))


if __name__ == "__main__":
    main()
