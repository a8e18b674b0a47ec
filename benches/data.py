"""Generates the rollouts that the participants balance, as JSONL and as Parquet."""

import argparse
import json
import multiprocessing
import random
from pathlib import Path

import pyarrow
import pyarrow.json
import pyarrow.parquet

import words

SEED = 20_250_101
BLOCK_ROWS = 10_000
SHARES = {"math": 0.46, "coding": 0.25, "search": 0.15, "reasoning": 0.08, "chat": 0.04, "safety": 0.02}
MIXES = {"even": [1, 1, 1, 1], "skewed": [9, 1, 1, 1]}

MESSAGE = pyarrow.struct([("role", pyarrow.string()), ("content", pyarrow.string())])
PART = pyarrow.struct([("type", pyarrow.string()), ("text", pyarrow.string())])
OUTPUT = pyarrow.struct([("type", pyarrow.string()), ("role", pyarrow.string()), ("content", pyarrow.list_(PART))])
SCHEMA = pyarrow.schema(
    [
        ("id", pyarrow.string()),
        (
            "responses_create_params",
            pyarrow.struct(
                [
                    ("input", pyarrow.list_(MESSAGE)),
                    ("temperature", pyarrow.float64()),
                    ("max_output_tokens", pyarrow.int64()),
                ]
            ),
        ),
        (
            "response",
            pyarrow.struct(
                [
                    ("id", pyarrow.string()),
                    ("model", pyarrow.string()),
                    ("output", pyarrow.list_(OUTPUT)),
                    ("usage", pyarrow.struct([("input_tokens", pyarrow.int64()), ("output_tokens", pyarrow.int64())])),
                ]
            ),
        ),
        ("reward", pyarrow.float64()),
        (
            "metadata",
            pyarrow.struct(
                [
                    ("task_type", pyarrow.string()),
                    ("domain", pyarrow.string()),
                    ("prompt_id", pyarrow.int64()),
                    ("attempt", pyarrow.int64()),
                ]
            ),
        ),
    ]
)


def rollout(row: int, pool: words.Pool, task: str) -> dict:
    """One rollout of about 2.3 KB; one in ten has no domain."""
    chance = pool.chance
    text = pool.answer(task)
    metadata = {"task_type": task, "prompt_id": row // 8, "attempt": row % 8}
    if chance.random() < 0.9:
        metadata["domain"] = chance.choice(words.DOMAINS)
    return {
        "id": f"rollout-{row:09d}",
        "responses_create_params": {
            "input": [
                {"role": "system", "content": pool.sentence()},
                {"role": "user", "content": pool.question(task)},
            ],
            "temperature": 1.0,
            "max_output_tokens": 4096,
        },
        "response": {
            "id": f"resp_{chance.getrandbits(96):024x}",
            "model": "policy-8b",
            "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}],
            "usage": {"input_tokens": chance.randrange(80, 400), "output_tokens": len(text) // 4},
        },
        "reward": round(min(1.0, max(0.0, chance.gauss(0.55, 0.3))), 4),
        "metadata": metadata,
    }


def block(first_row: int) -> bytes:
    """The lines of one block; they depend on the block's number alone."""
    chance = random.Random(f"{SEED}/{first_row}")
    pool = words.Pool(chance)
    tasks = chance.choices(list(SHARES), weights=list(SHARES.values()), k=BLOCK_ROWS)
    lines = []
    for row, task in enumerate(tasks, first_row):
        ascii_only = row % 5 == 0
        lines.append(json.dumps(rollout(row, pool, task), ensure_ascii=ascii_only))
    return ("\n".join(lines) + "\n").encode()


def typed(lines: bytes) -> pyarrow.Table:
    """The same rows as a table of the dataset's schema."""
    parse = pyarrow.json.ParseOptions(explicit_schema=SCHEMA, unexpected_field_behavior="error")
    read = pyarrow.json.ReadOptions(block_size=len(lines) + 1, use_threads=False)
    return pyarrow.json.read_json(pyarrow.BufferReader(lines), read_options=read, parse_options=parse)


def generate(rows: int, folder: Path) -> None:
    """Writes `rollouts-ROWS.jsonl` and its Parquet twin, one row group a block, unless both are there."""
    folder.mkdir(parents=True, exist_ok=True)
    jsonl, parquet = paths(rows, folder)
    if jsonl.exists() and parquet.exists():
        return
    unfinished = [path.with_name(path.name + ".unfinished") for path in (jsonl, parquet)]
    with (
        multiprocessing.Pool() as workers,
        unfinished[0].open("wb") as plain,
        pyarrow.parquet.ParquetWriter(unfinished[1], SCHEMA, compression="snappy") as columns,
    ):
        for lines in workers.imap(block, range(0, rows, BLOCK_ROWS)):
            plain.write(lines)
            columns.write_table(typed(lines), row_group_size=BLOCK_ROWS)
    unfinished[0].rename(jsonl)
    unfinished[1].rename(parquet)


def label(rows: int, folder: Path) -> None:
    """Writes `labels-MIX-ROWS.parquet` for each mix: one column, in random order."""
    folder.mkdir(parents=True, exist_ok=True)
    for mix, weights in MIXES.items():
        path = folder / f"labels-{mix}-{rows}.parquet"
        if not path.exists():
            chosen = random.Random(f"{SEED}/{mix}/{rows}").choices(list(SHARES)[: len(weights)], weights, k=rows)
            pyarrow.parquet.write_table(pyarrow.table({"label": chosen}), path)


def paths(rows: int, folder: Path) -> tuple[Path, Path]:
    """Where the two forms of a dataset of so many rows stand."""
    return folder / f"rollouts-{rows}.jsonl", folder / f"rollouts-{rows}.parquet"


def main() -> None:
    """Generates the sizes asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, nargs="+", default=[500_000], help=f"multiples of {BLOCK_ROWS}")
    parser.add_argument("--labels", type=int, nargs="+", help="only labels, this many")
    arguments = parser.parse_args()
    for rows in arguments.labels or []:
        label(rows, arguments.folder)
    for rows in [] if arguments.labels else arguments.rows:
        if rows <= 0 or rows % BLOCK_ROWS:
            parser.error(f"{rows} rows: not a multiple of {BLOCK_ROWS}")
        generate(rows, arguments.folder)


if __name__ == "__main__":
    main()
