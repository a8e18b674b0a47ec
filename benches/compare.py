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

import environment
import measure
import participants
import probe
import scale
import table
from participants import CONVERT, HERE, JSONL, PARQUET, PARTICIPANTS, TABLES, UNSKEW, Job, Participant

CAP_SHARE = 30_000 / 500_000
PATH_OPTIONS = ["--unskew", "--cache", "--data"]
SCALE_ROWS = [250_000, 500_000, 1_000_000, 2_000_000]


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

    def generate(self, rows: list[int]) -> None:
        """Generates the datasets that are missing."""
        command = [self.python, HERE / "data.py", self.data, "--rows", *map(str, rows)]
        subprocess.run(command, check=True)

    def check(self, rows: int, *more: str) -> dict:
        """Asks `check.py` about an output, or about what is expected."""
        command = [self.python, HERE / "check.py", self.jsonl(rows), str(maximum(rows)), *more]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)

    def jsonl(self, rows: int) -> Path:
        """The dataset of so many rows as lines."""
        return self.data / f"rollouts-{rows}.jsonl"

    def job(self, name: str, rows: int) -> Job:
        """One job over so many rows."""
        source = self.jsonl(rows).with_suffix(".parquet" if name == PARQUET else ".jsonl")
        written = self.check(rows)["bytes"]
        if name != JSONL:
            twin = self.jsonl(rows).with_suffix(".parquet")
            written = round(written * twin.stat().st_size / self.jsonl(rows).stat().st_size)
        return Job(name, source, maximum(rows), written, self.python, self.options.unskew, self.options.cache)

    def run(self, participant: Participant, job: Job) -> tuple[measure.Run, Path]:
        """Runs a participant into an empty folder once all earlier writing has reached the disk."""
        folder = self.scratch / "output"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        os.sync()
        return measure.run(participant.command(job, folder), self.variables, folder, self.log), folder

    def start(self, participant: Participant, job: Job) -> float:
        """The seconds that pass before a participant does anything."""
        command = participant.start(job)
        runs = [measure.run(command, self.variables, self.scratch, self.log) for _ in range(self.options.rounds)]
        return statistics.median(run.wall for run in runs)

    def compare(self, name: str, rows: int) -> list[table.Result]:
        """All rounds of one table."""
        job = self.job(name, rows)
        taking_part = self.taking_part(name)
        validates = {participant: self.validates(participant, job) for participant in taking_part}
        for participant in taking_part:
            if participant.prepared:
                shutil.rmtree(participants.warm_cache(job), ignore_errors=True)
                self.run(participant, job)
        runs = {participant: [] for participant in taking_part}
        outputs = {}
        for number in range(self.options.rounds):
            warm(job.source)
            start = number % len(taking_part)
            for participant in taking_part[start:] + taking_part[:start]:
                run, folder = self.run(participant, job)
                runs[participant].append(run)
                outputs[participant] = self.outcome(participant, job, rows, folder)
                print(f"{name} round {number + 1}: {participant.name} {run.wall:.2f} s", file=sys.stderr)
        return [
            table.Result(who.name, runs[who], self.start(who, job), *outputs[who], validates[who])
            for who in taking_part
        ]

    def taking_part(self, name: str) -> list[Participant]:
        """The participants of a table that are there and asked for."""
        chosen = [who for who in PARTICIPANTS[name] if not self.options.only or who.name in self.options.only]
        if UNSKEW in chosen and not self.options.unskew.exists():
            print(f"{self.options.unskew} is not there: the peers run alone", file=sys.stderr)
            chosen.remove(UNSKEW)
        return chosen

    def outcome(self, participant: Participant, job: Job, rows: int, folder: Path) -> tuple[int, str]:
        """The size and the kind of an output that is the job; any other ends the comparison."""
        if not participant.checked:
            return sum(file.stat().st_size for file in folder.iterdir()), "not checked"
        result = self.check(rows, "--folder", str(folder), "--suffix", job.suffix)
        if result["problems"]:
            raise SystemExit(f"{participant.name} did another job: {'; '.join(result['problems'])}")
        return result["bytes"], "same bytes" if result["bytes_kept"] else "same values"

    def validates(self, participant: Participant, job: Job) -> str:
        """Which faults a participant finds in lines of JSON."""
        if job.table == PARQUET or not participant.checked:
            return "–"
        refused = {}
        folder = self.scratch / "heads"
        folder.mkdir(parents=True, exist_ok=True)
        for fault, source in probe.files(job.source, folder).items():
            head = Job(job.table, source, 1, 0, job.python, job.unskew, job.cache)
            shutil.rmtree(participants.warm_cache(head), ignore_errors=True)
            try:
                self.run(participant, head)
                refused[fault] = False
            except measure.Failed:
                refused[fault] = True
        if refused.pop(""):
            raise SystemExit(f"{participant.name} refuses good lines; see {self.log}")
        return probe.verdict(refused) + (", when cached" if participant.prepared else "")

    def scale(self, name: str) -> str:
        """The growth of unskew over the sizes, with every output checked."""
        jobs = {rows: self.job(name, rows) for rows in self.options.scale_rows}

        def one(rows: int) -> measure.Run:
            warm(jobs[rows].source)
            run, folder = self.run(UNSKEW, jobs[rows])
            self.outcome(UNSKEW, jobs[rows], rows, folder)
            return run

        return scale.table(scale.rounds(self.options.scale_rows, self.options.rounds, one))


def maximum(rows: int) -> int:
    """How many rows of each task type are kept: 30 000 of 500 000, and the same share of other sizes."""
    return round(rows * CAP_SHARE)


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
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=[JSONL, PARQUET, CONVERT])
    parser.add_argument("--only", nargs="+", metavar="NAME", help="participants by the names in the tables")
    parser.add_argument("--scale", action="store_true", help="unskew alone, over several sizes")
    parser.add_argument("--scale-rows", type=int, nargs="+", default=SCALE_ROWS)
    parser.add_argument("--write", action="store_true", help="put the tables into benches/README.md")
    options = parser.parse_args()
    if (options.write or options.scale) and not options.unskew.exists():
        parser.error(f"{options.unskew} is not there; build it with cargo build --release")
    options.unskew, options.cache = options.unskew.resolve(), options.cache.resolve()
    options.data = (options.data or options.cache / "data").resolve()
    return options


def main() -> None:
    """Measures what was asked for and prints it, table by table."""
    options = parse()
    comparison = Comparison(options)
    comparison.generate(options.scale_rows if options.scale else [options.rows])
    for name in options.tables:
        if options.scale:
            region, text = f"scale {name}", comparison.scale(name)
            rows = "–".join(f"{size:,}" for size in (min(options.scale_rows), max(options.scale_rows)))
        else:
            results = comparison.compare(name, options.rows)
            region, text = name, f"{table.comparison(results)}\n\n{table.conclusion(results)}"
            rows = f"{options.rows:,}"
        text = f"{text.strip()}\n\n{footer(options, rows)}"
        print(f"### {TABLES[name]}\n\n{text}", flush=True)
        if options.write:
            table.write(HERE / "README.md", region, text)


if __name__ == "__main__":
    main()
