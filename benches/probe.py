"""Finds out whether a participant looks at every line whole, by faults outside the field it groups by."""

from collections.abc import Callable
from pathlib import Path

ROWS = 2_000
BAD_ROW = 1_000
TASK = b'"task_type": "math"'
MARK = b"Give the answer"


def cut(line: bytes) -> bytes:
    """The line without its last braces."""
    return line.rstrip(b"}\n") + b"\n"


def bad_escape(line: bytes) -> bytes:
    """An escape that JSON does not have, inside a text."""
    return line.replace(MARK, b"\\q" + MARK, 1)


def bad_bytes(line: bytes) -> bytes:
    """A byte that UTF-8 does not have, inside a text."""
    return line.replace(MARK, b"\xff" + MARK, 1)


def bad_number(line: bytes) -> bytes:
    """A number with two points."""
    return line.replace(b'"temperature": 1.0', b'"temperature": 1.0.0', 1)


FAULTS: dict[str, Callable[[bytes], bytes]] = {
    "cut off": cut,
    "escapes": bad_escape,
    "UTF-8": bad_bytes,
    "numbers": bad_number,
}


def files(source: Path, folder: Path) -> dict[str, Path]:
    """The head of the input as it is, under no name, and for each fault with one line that has it.

    That line belongs to the most common task type, so that a job that keeps one row of each will hardly choose it.
    """
    with source.open("rb") as rows:
        head = [next(rows) for _ in range(ROWS)]
    bad_row = next(row for row in range(BAD_ROW, ROWS) if TASK in head[row])
    made = {}
    for fault, spoil in {"": bytes, **FAULTS}.items():
        spoiled = spoil(head[bad_row])
        if fault and spoiled == head[bad_row]:
            raise AssertionError(f"row {bad_row} cannot have the fault {fault!r}")
        made[fault] = folder / f"head-{fault.replace(' ', '-')}.jsonl"
        made[fault].write_bytes(b"".join([*head[:bad_row], spoiled, *head[bad_row + 1 :]]))
    return made


def told(printed: Path) -> bool:
    """Whether a run that went on without the bad row says so, as a report of a file's state does."""
    return b"row cannot be read" in printed.read_bytes()


def verdict(refused: dict[str, bool]) -> str:
    """How the table says which faults a participant refused."""
    missed = [fault for fault, was in refused.items() if not was]
    if not missed:
        return "yes"
    return "no" if len(missed) == len(refused) else f"not {', '.join(missed)}"
