"""Compares unskew with its peers: the same job, one process each, in interleaved rounds."""

import argparse
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import batch
import environment
import measure
import probe
import scale
import table
from jobs import JOBS, PARQUET, Job
from participants import HERE, Participant, Task, warm_cache

BATCH = "batch"
TABLES = [*JOBS, BATCH]
PATH_OPTIONS = ["--unskew", "--cache", "--data"]
SCALE_TABLES = ["cap-jsonl", "cap-parquet", "cap-convert"]
SCALE_ROWS = [250_000, 500_000, 1_000_000, 2_000_000]
LABELS = [250_000, 500_000, 1_000_000]


class Comparison:
    """The folders, the tools and the options that all measurements share."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Makes the peers' environment and the scratch folder."""
        self.options = options
        self.data = options.data
        self.python = environment.python(options.cache)
        self.variables = environment.variables(options.cache)
        self.scratch = options.cache / "scratch"
        self.log = options.cache / "last.log"

    def generate(self, what: str, rows: list[int]) -> None:
        """Generates the datasets that are missing."""
        subprocess.run([self.python, HERE / "data.py", self.data, what, *map(str, rows)], check=True)

    def check(self, job: Job, rows: int, *more: str) -> dict:
        """Asks `check.py` about an output, or about what is expected."""
        command = [
            self.python,
            HERE / "check.py",
            job.check,
            self.jsonl(rows),
            "--maximum",
            str(job.maximum(rows)),
            *more,
        ]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)

    def jsonl(self, rows: int) -> Path:
        """The dataset of so many rows as lines."""
        return self.data / f"rollouts-{rows}.jsonl"

    def task(self, job: Job, rows: int) -> Task:
        """A job over so many rows."""
        jsonl, written = self.jsonl(rows), self.check(job, rows)["bytes"]
        twin = jsonl.with_suffix(".parquet")
        if job.target == PARQUET:
            written = round(written * twin.stat().st_size / jsonl.stat().st_size)
        source = twin if job.source == PARQUET else jsonl
        tools = (self.python, self.options.unskew, self.options.cache)
        return Task(source, job.target, job.maximum(rows), written, *tools)

    def run(self, participant: Participant, task: Task) -> tuple[measure.Run, Path]:
        """Runs a participant into an empty folder once all earlier writing has reached the disk."""
        folder = self.scratch / "output"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        os.sync()
        return measure.run(participant.command(task, folder), self.variables, folder, self.log), folder

    def start(self, participant: Participant, task: Task) -> float:
        """The seconds that pass before a participant does anything."""
        command = participant.start(task)
        runs = [measure.run(command, self.variables, self.scratch, self.log) for _ in range(self.options.rounds)]
        return statistics.median(run.wall for run in runs)

    def compare(self, name: str, rows: int) -> str:
        """All rounds of one job, as a table."""
        job = JOBS[name]
        task, (taking_part, left_out) = self.task(job, rows), self.taking_part(job)
        validates = {who: self.validates(who, job, task) for who in taking_part}
        for who in taking_part:
            if who.prepared:
                shutil.rmtree(warm_cache(task), ignore_errors=True)
                self.run(who, task)
        runs = {who: [] for who in taking_part}
        outputs = {}
        for number in range(self.options.rounds):
            warm(task.source)
            for who in measure.rotated(taking_part, number):
                run, folder = self.run(who, task)
                runs[who].append(run)
                outputs[who] = self.outcome(who, job, rows, folder)
                print(f"{name} round {number + 1}: {who.name} {run.wall:.2f} s", file=sys.stderr)
        results = [
            table.Result(who.name, runs[who], self.start(who, task), *outputs[who], validates[who], who.prepared)
            for who in taking_part
        ]
        missing = f"Left out here: {'; '.join(who.name for who in left_out)}.\n" if left_out else ""
        return f"{table.comparison(results)}\n\n{table.conclusion(results)}\n{missing}"

    def taking_part(self, job: Job) -> tuple[list[Participant], list[Participant]]:
        """The participants of a job that are asked for and there, and those left out."""
        left_out = [
            who
            for who in job.participants
            if (self.options.only and who.name not in self.options.only)
            or (self.options.without_slow and who.slow)
            or (who.name == "unskew" and not self.options.unskew.exists())
        ]
        return [who for who in job.participants if who not in left_out], left_out

    def outcome(self, participant: Participant, job: Job, rows: int, folder: Path) -> tuple[int, str]:
        """The size and the kind of an output that is the job; any other ends the comparison."""
        if not participant.checked:
            return sum(file.stat().st_size for file in folder.iterdir()), "not checked"
        result = self.check(job, rows, "--folder", str(folder), "--suffix", job.target)
        if result["problems"]:
            raise SystemExit(f"{participant.name} did another job: {'; '.join(result['problems'])}")
        return result["bytes"], result["kind"]

    def validates(self, participant: Participant, job: Job, task: Task) -> str:
        """Which faults a participant finds in lines of JSON."""
        if job.source == PARQUET or not participant.checked:
            return "–"
        refused = {}
        folder = self.scratch / "heads"
        folder.mkdir(parents=True, exist_ok=True)
        for fault, source in probe.files(task.source, folder).items():
            head = Task(source, task.suffix, 1, 0, task.python, task.unskew, task.cache)
            shutil.rmtree(warm_cache(head), ignore_errors=True)
            try:
                _, output = self.run(participant, head)
                refused[fault] = probe.told(output / "stdout")
            except measure.Failed:
                refused[fault] = True
        if refused.pop(""):
            raise SystemExit(f"{participant.name} refuses good lines; see {self.log}")
        return probe.verdict(refused) + (", when cached" if participant.prepared else "")

    def scale(self, name: str) -> str:
        """The growth of unskew over the sizes, with every output checked."""
        job = JOBS[name]
        unskew = next(who for who in job.participants if who.name == "unskew")
        tasks = {rows: self.task(job, rows) for rows in self.options.scale_rows}

        def one(rows: int) -> measure.Run:
            warm(tasks[rows].source)
            run, folder = self.run(unskew, tasks[rows])
            self.outcome(unskew, job, rows, folder)
            return run

        return scale.table(measure.rounds(self.options.scale_rows, self.options.rounds, one))

    def batch(self) -> str:
        """What planning batches takes, over several numbers of labels."""
        self.generate("--labels", LABELS)

        def one(key: batch.Key) -> measure.Run:
            command = batch.command(self.options.unskew, self.data, key)
            return measure.run(command, self.variables, self.scratch, self.log)

        return batch.table(LABELS, measure.rounds(batch.keys(LABELS), self.options.rounds, one))

    def measured(self, name: str) -> tuple[str, str, str]:
        """A table: its region in the page, its text, and over how many rows it goes."""
        if name == BATCH:
            return BATCH, self.batch(), f"{min(LABELS):,}–{max(LABELS):,}"
        if self.options.scale:
            sizes = self.options.scale_rows
            return f"scale {name}", self.scale(name), f"{min(sizes):,}–{max(sizes):,}"
        return name, self.compare(name, self.options.rows), f"{self.options.rows:,}"


def warm(source: Path) -> None:
    """Reads a file so that the page cache holds it."""
    with source.open("rb", buffering=0) as lines:
        while lines.read(8 << 20):
            pass


def footer(options: argparse.Namespace, rows: str) -> str:
    """What was run, the machine, the versions and the command, without this machine's paths."""
    command = ["python3", "benches/compare.py", *sys.argv[1:]]
    for place, word in enumerate(command[:-1]):
        if word in PATH_OPTIONS:
            command[place + 1] = word.removeprefix("--").upper()
    return (
        f"{rows} rows, {options.rounds} rounds. {environment.machine()}."
        f" {environment.versions(options.unskew)}.\n\n    {shlex.join(command)}\n"
    )


def parse() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unskew", type=Path, default=HERE.parent / "target" / "release" / "unskew")
    parser.add_argument("--cache", type=Path, default=environment.cache_folder(), help="environment and scratch files")
    parser.add_argument("--data", type=Path, help="where the generated data stand (default: below the cache)")
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tables", nargs="+", choices=TABLES, help="all unless given")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="participants by the names in the tables")
    parser.add_argument("--without-slow", action="store_true", help="leave out peers that take many times as long")
    parser.add_argument("--scale", action="store_true", help="unskew alone, over several sizes")
    parser.add_argument("--scale-rows", type=int, nargs="+", default=SCALE_ROWS)
    parser.add_argument("--write", action="store_true", help="put the tables into benches/README.md")
    options = parser.parse_args()
    options.tables = options.tables or (SCALE_TABLES if options.scale else TABLES)
    if options.scale and not set(options.tables) <= set(SCALE_TABLES):
        parser.error(f"--scale goes with {', '.join(SCALE_TABLES)}")
    if (options.write or options.scale or BATCH in options.tables) and not options.unskew.exists():
        parser.error(f"{options.unskew} is not there; build it with cargo build --release")
    options.unskew, options.cache = options.unskew.resolve(), options.cache.resolve()
    options.data = (options.data or options.cache / "data").resolve()
    return options


def main() -> None:
    """Measures what was asked for and prints it, table by table."""
    options = parse()
    comparison = Comparison(options)
    if options.tables != [BATCH]:
        comparison.generate("--rows", options.scale_rows if options.scale else [options.rows])
    for name in options.tables:
        region, text, rows = comparison.measured(name)
        text = f"{text.strip()}\n\n{footer(options, rows)}"
        title = JOBS[name].title if name in JOBS else "Plans of batches"
        print(f"### {title}\n\n{text}", flush=True)
        if options.write:
            table.write(HERE / "README.md", region, text)


if __name__ == "__main__":
    main()
