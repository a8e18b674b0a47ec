"""The input as the checks know it: its lines, the fields that jobs look at, and a fingerprint of each row's values."""

import mmap
from pathlib import Path

import duckdb
import numpy
import orjson

MEMBERS = (
    "id, responses_create_params.input, responses_create_params.temperature, responses_create_params.max_output_tokens,"
    " response.id, response.model, response.output, response.usage.input_tokens, response.usage.output_tokens, reward,"
    " metadata.task_type, metadata.domain, metadata.prompt_id, metadata.attempt"
)
PREFIX = "rollout-"


class Source:
    """The input's lines by row number; for each row the code of its task type, its prompt, reward and fingerprint."""

    def __init__(self, jsonl: Path) -> None:
        """Reads the index beside the file, made when it is missing or older."""
        index = jsonl.with_suffix(".rows.npz")
        if not index.exists() or index.stat().st_mtime < jsonl.stat().st_mtime:
            make_index(jsonl, index)
        with numpy.load(index) as arrays:
            self.ends, self.names = arrays["ends"].tolist(), arrays["names"].tolist()
            self.codes, self.prompts, self.rewards = arrays["codes"], arrays["prompts"], arrays["rewards"]
            self.fingerprints = arrays["fingerprints"]
            self.sizes = numpy.diff(arrays["ends"])
        with jsonl.open("rb") as lines:
            self.bytes = mmap.mmap(lines.fileno(), 0, access=mmap.ACCESS_READ)

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.codes)

    def line(self, row: int) -> bytes:
        """A row's line without its end."""
        return self.bytes[self.ends[row] : self.ends[row + 1] - 1]


def make_index(jsonl: Path, index: Path) -> None:
    """Parses the input once for the fields, and takes fingerprints from its Parquet twin."""
    ends, codes, prompts, rewards, names = [0], [], [], [], {}
    with jsonl.open("rb") as lines:
        for row, line in enumerate(lines):
            parsed = orjson.loads(line)
            if row_of(parsed) != row:
                raise SystemExit(f"{jsonl}: line {row + 1} has the id {parsed['id']}")
            ends.append(ends[-1] + len(line))
            codes.append(names.setdefault(parsed["metadata"]["task_type"], len(names)))
            prompts.append(parsed["metadata"]["prompt_id"])
            rewards.append(parsed["reward"])
    twin = columns(jsonl.with_suffix(".parquet"), [])
    if not numpy.array_equal(twin["row"], numpy.arange(len(codes))):
        raise SystemExit(f"{jsonl}: the Parquet twin has other rows")
    numpy.savez(
        index,
        ends=ends,
        codes=numpy.array(codes, dtype=numpy.int32),
        prompts=prompts,
        rewards=rewards,
        names=list(names),
        fingerprints=twin["fingerprint"],
    )


def columns(parquet: Path, added: list[str]) -> dict[str, numpy.ndarray]:
    """The row numbers of a Parquet file of rows, their fingerprints, and the columns that the job added."""
    chosen = ", ".join(
        [f"CAST(substr(id, {len(PREFIX) + 1}) AS BIGINT) AS row", f"hash({MEMBERS}) AS fingerprint", *added]
    )
    return duckdb.sql(f"SELECT {chosen} FROM read_parquet('{parquet}')").fetchnumpy()


def row_of(parsed: dict) -> int:
    """The row number that an id carries."""
    return int(parsed["id"].removeprefix(PREFIX))


def without_nulls(value: object) -> object:
    """A value without members that are null, which a fixed schema cannot tell from missing ones."""
    if isinstance(value, dict):
        return {name: without_nulls(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def same_values(source: Source, row: int, parsed: dict) -> bool:
    """Whether an object has the values of an input row."""
    return without_nulls(parsed) == without_nulls(orjson.loads(source.line(row)))
