"""The script that most people write: rows as objects, a sample of the larger side, `random.shuffle`."""

import random
import sys

import pyarrow
import pyarrow.parquet


def balance(source: str, target: str) -> None:
    """Keeps all undesirable rows and as many desirable ones, in random order."""
    table = pyarrow.parquet.read_table(source)
    rows = table.to_pylist()
    for row in rows:
        row["label"] = row["reward"] >= 0.35
    desirable = [row for row in rows if row["label"]]
    undesirable = [row for row in rows if not row["label"]]
    random.seed(42)
    balanced = random.sample(desirable, len(undesirable)) + undesirable
    random.shuffle(balanced)
    schema = table.schema.append(pyarrow.field("label", pyarrow.bool_()))
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(balanced, schema), target)


if __name__ == "__main__":
    balance(sys.argv[1], sys.argv[2])
