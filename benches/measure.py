"""Runs a process and says how long it took, and what processor time and memory its tree used."""

import os
import select
import subprocess
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path

SAMPLE_MILLISECONDS = 20


class Failed(Exception):
    """A participant ended with an error."""


@dataclass(frozen=True)
class Run:
    """What one run cost: seconds, processor seconds, bytes of anonymous memory at the peak."""

    wall: float
    processor: float
    memory: int


def tree(root: int) -> list[int]:
    """A process and all that descend from it."""
    found, waiting = [], [root]
    while waiting:
        process = waiting.pop()
        found.append(process)
        try:
            for thread in os.listdir(f"/proc/{process}/task"):
                children = Path(f"/proc/{process}/task/{thread}/children").read_text()
                waiting.extend(int(child) for child in children.split())
        except OSError:
            continue
    return found


def field(path: str, name: str) -> int:
    """A field in kB of a file under /proc, as bytes; nothing when the process is gone."""
    try:
        with open(path) as lines:
            for line in lines:
                if line.startswith(name):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def anonymous(root: int) -> int:
    """The tree's anonymous memory now; pages that forked processes share count once."""
    processes = tree(root)
    if len(processes) == 1:
        return field(f"/proc/{root}/status", "RssAnon:")
    return sum(field(f"/proc/{process}/smaps_rollup", "Pss_Anon:") for process in processes)


def run(command: list[str], environment: dict[str, str], folder: Path, log: Path) -> Run:
    """Runs a command in a folder to its end; what it prints goes to the file `stdout` there, its errors to the log."""
    with (folder / "stdout").open("wb") as output, log.open("wb") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        )
        ended = select.poll()
        descriptor = os.pidfd_open(process.pid)
        ended.register(descriptor, select.POLLIN)
        peak = 0
        while not ended.poll(SAMPLE_MILLISECONDS):
            peak = max(peak, anonymous(process.pid))
        wall = time.perf_counter() - start
    os.close(descriptor)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
        raise Failed(f"{command[0]} ended with {process.returncode}:\n{tail}")
    return Run(wall, usage.ru_utime + usage.ru_stime, peak)


def rotated(items: list, number: int) -> list:
    """The items of a round, each of which begins with another one."""
    start = number % len(items)
    return items[start:] + items[:start]


def rounds(keys: list, count: int, one: Callable[[Hashable], Run]) -> dict[Hashable, list[Run]]:
    """Measures every key once a round."""
    runs = {key: [] for key in keys}
    for number in range(count):
        for key in rotated(keys, number):
            runs[key].append(one(key))
    return runs
