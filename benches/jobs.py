"""The jobs: for each its form of data, our recipe, who else takes part, and which check it has to pass."""

from dataclasses import dataclass

from participants import (
    LIMITS,
    Participant,
    datasets,
    duckdb,
    inspect,
    maximum,
    orjson,
    polars,
    pyarrow,
    recipe,
    script,
)

JSONL, PARQUET = ".jsonl", ".parquet"


@dataclass(frozen=True)
class Job:
    """One table: what is done to which form of data by whom; the share of all rows that a group may have."""

    title: str
    check: str
    source: str
    target: str
    participants: list[Participant]
    share: float = 0.0

    def maximum(self, rows: int) -> int:
        """How many rows of each group are kept."""
        return round(rows * self.share)


CAP_SHARE, CELL_SHARE = 30_000 / 500_000, 10_000 / 500_000

CAP_TYPED = duckdb("typed", "cap/duckdb_typed.py", maximum)
CAP_TWO_PASS = duckdb("two passes", "cap/duckdb_two_pass.py", maximum)
CAP_POLARS_TYPED = polars("typed", "cap/polars_typed.py", maximum)
CAP_POLARS_TYPED_JSON = polars("typed", "cap/polars_typed.py", maximum, slow=True)
CAP_POLARS_TWO_PASS = polars("two passes", "cap/polars_two_pass.py", maximum)
CAP_DATASETS = datasets("cap/datasets_select.py", maximum)
CAP_PYARROW = pyarrow("cap/pyarrow_tables.py", maximum, module="pyarrow.json, pyarrow.parquet, pyarrow.compute")
CAP_PEERS = [CAP_TYPED, CAP_TWO_PASS, CAP_POLARS_TWO_PASS, *CAP_DATASETS]
CAP_TO_PARQUET = recipe("cap-to-parquet.yaml", "stages.0.cap.max")

INSPECT = Participant("unskew", inspect)
INSPECT_DUCKDB = duckdb("two columns", "inspect/duckdb_columns.py")
INSPECT_DUCKDB_GROUPS = duckdb("one aggregation", "inspect/duckdb_groups.py")
INSPECT_POLARS = polars("two columns", "inspect/polars_columns.py")
INSPECT_PYARROW = pyarrow("inspect/pyarrow_columns.py", module="pyarrow.json, pyarrow.parquet, numpy")
INSPECT_PANDAS = Participant("pandas", script("inspect/pandas_columns.py"), "pandas, pyarrow.parquet")
INSPECT_DATASETS = datasets("inspect/datasets_columns.py")
INSPECT_PEERS = [
    INSPECT_DUCKDB,
    INSPECT_DUCKDB_GROUPS,
    INSPECT_POLARS,
    INSPECT_PYARROW,
    INSPECT_PANDAS,
    *INSPECT_DATASETS,
]

JOBS = {
    "cap-jsonl": Job(
        "Cap, JSONL to JSONL",
        "cap",
        JSONL,
        JSONL,
        [
            recipe("cap-to-jsonl.yaml", "stages.0.cap.max"),
            *LIMITS,
            *CAP_PEERS,
            CAP_POLARS_TYPED_JSON,
            duckdb("raw lines and a window", "cap/duckdb_lines.py", maximum),
            polars("raw lines", "cap/polars_lines.py", maximum),
            *orjson("orjson, two passes", "cap/orjson_two_pass.py", maximum),
            Participant("grouping script", script("cap/grouping_script.py", maximum), "json", slow=True),
        ],
        CAP_SHARE,
    ),
    "cap-parquet": Job(
        "Cap, Parquet to Parquet",
        "cap",
        PARQUET,
        PARQUET,
        [CAP_TO_PARQUET, *LIMITS, *CAP_PEERS, CAP_POLARS_TYPED, CAP_PYARROW],
        CAP_SHARE,
    ),
    "cap-convert": Job(
        "Cap, JSONL to Parquet",
        "cap",
        JSONL,
        PARQUET,
        [CAP_TO_PARQUET, *LIMITS, *CAP_PEERS, CAP_POLARS_TYPED_JSON, CAP_PYARROW],
        CAP_SHARE,
    ),
    "kto": Job(
        "KTO, Parquet to Parquet",
        "kto",
        PARQUET,
        PARQUET,
        [
            recipe("kto.yaml"),
            *LIMITS,
            duckdb("narrow first", "kto/duckdb_narrow.py"),
            duckdb("one query", "kto/duckdb_query.py"),
            polars("narrow first", "kto/polars_narrow.py"),
            polars("one query", "kto/polars_query.py"),
            polars("in memory", "kto/polars_memory.py"),
            *datasets("kto/datasets_shuffle.py"),
            pyarrow("kto/pyarrow_take.py", module="pyarrow.parquet, numpy"),
            Participant("shuffling script", script("kto/shuffle_script.py"), "pyarrow.parquet", slow=True),
        ],
    ),
    "cells": Job(
        "Difficulty and cells, JSONL to Parquet",
        "cells",
        JSONL,
        PARQUET,
        [
            recipe("cells.yaml", "stages.1.cap.max"),
            *LIMITS,
            duckdb("raw lines in two passes", "cells/duckdb_two_pass.py", maximum),
            duckdb("raw lines in a table", "cells/duckdb_table.py", maximum),
            duckdb("typed", "cells/duckdb_typed.py", maximum),
            duckdb("typed in two passes", "cells/duckdb_typed_narrow.py", maximum),
            polars("raw lines in two passes", "cells/polars_two_pass.py", maximum),
            polars("typed", "cells/polars_typed.py", maximum, slow=True),
            *datasets("cells/datasets_select.py", maximum),
            *orjson(
                "orjson and PyArrow",
                "cells/orjson_pyarrow.py",
                maximum,
                module="orjson, pyarrow.json, pyarrow.parquet, numpy",
            ),
        ],
        CELL_SHARE,
    ),
    "pairs": Job(
        "Pairs, JSONL to JSONL",
        "pairs",
        JSONL,
        JSONL,
        [
            recipe("pairs.yaml"),
            *LIMITS,
            *orjson("orjson, offsets", "pairs/orjson_offsets.py", module="orjson, numpy"),
            duckdb("raw lines, lists", "pairs/duckdb_lists.py"),
            duckdb("raw lines, joins", "pairs/duckdb_join.py"),
            polars("raw lines", "pairs/polars_lines.py"),
            Participant("pairing script", script("pairs/pairing_script.py"), "json", slow=True),
        ],
    ),
    "buckets": Job(
        "Buckets, JSONL to three JSONL files",
        "buckets",
        JSONL,
        JSONL,
        [
            recipe("buckets.yaml"),
            *LIMITS,
            *orjson("orjson, offsets", "buckets/orjson_offsets.py", module="orjson, numpy"),
            duckdb("raw lines, three copies", "buckets/duckdb_copies.py"),
            duckdb("raw lines, partitions", "buckets/duckdb_partitions.py"),
            polars("raw lines in memory", "buckets/polars_memory.py"),
            polars("raw lines in two passes", "buckets/polars_two_pass.py"),
            Participant("bucketing script", script("buckets/bucketing_script.py"), "json, numpy", slow=True),
        ],
    ),
    "inspect-jsonl": Job(
        "Inspect, JSONL",
        "inspect",
        JSONL,
        JSONL,
        [
            INSPECT,
            *LIMITS,
            *INSPECT_PEERS,
            polars("raw lines", "inspect/polars_lines.py"),
            *orjson("orjson", "inspect/orjson_counter.py", module="orjson, numpy"),
        ],
    ),
    "inspect-parquet": Job("Inspect, Parquet", "inspect", PARQUET, JSONL, [INSPECT, *LIMITS, *INSPECT_PEERS]),
}
