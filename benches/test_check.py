"""Shows that the checks of outputs refuse every way of not doing the job: `python -m unittest` in this folder."""

import json
import random
import tempfile
import unittest
from collections import Counter
from pathlib import Path

import numpy
import pyarrow
import pyarrow.parquet

import data
from checks import buckets, cap, cells, inspect, kto, pairs
from source import Source

ROWS, MAXIMUM = 10_000, 100
SCRATCH = tempfile.TemporaryDirectory()
unittest.addModuleCleanup(SCRATCH.cleanup)


class Checked(unittest.TestCase):
    """Writes outputs of a block of generated rollouts and has them checked."""

    @classmethod
    def setUpClass(cls) -> None:
        """Generates the rollouts once."""
        folder = Path(SCRATCH.name)
        data.generate(ROWS, folder)
        jsonl, parquet = data.paths(ROWS, folder)
        cls.source, cls.table = Source(jsonl), pyarrow.parquet.read_table(parquet)
        cls.lines = jsonl.read_text().splitlines()
        cls.chance = random.Random(1)

    def setUp(self) -> None:
        """Makes an empty folder for the output."""
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def jsonl(self, **files: list[str]) -> None:
        """Writes lines into files by their names."""
        for name, lines in files.items():
            (self.folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines))

    def parquet(self, rows: list[int], **added: list) -> None:
        """Writes rows of the input with columns added."""
        table = self.table.take(rows)
        for name, values in added.items():
            table = table.append_column(name, pyarrow.array(values))
        pyarrow.parquet.write_table(table, self.folder / "kept.parquet")

    def assert_finds(self, problem: str, problems: list[str]) -> None:
        """The problem is among those found."""
        self.assertTrue(any(problem in found for found in problems), problems)

    def capped(self, groups: dict[str, numpy.ndarray]) -> list[int]:
        """A right choice of rows of each group."""
        sides = [rows.tolist() for rows in groups.values()]
        return [row for rows in sides for row in self.chance.sample(rows, min(len(rows), MAXIMUM))]


class Cap(Checked):
    """At most so many random rows of each task type."""

    def outcome(self, lines: list[str]):
        """What the check says of an output of these lines."""
        self.jsonl(kept=lines)
        return cap.check(self.source, self.folder, ".jsonl", MAXIMUM)

    def right(self) -> list[str]:
        """A right output."""
        return [self.lines[row] for row in self.capped(cap.groups(self.source))]

    def test_right(self) -> None:
        """The right choice passes, in any order."""
        outcome = self.outcome(self.right())
        self.assertEqual((outcome.problems, outcome.kind), ([], "same bytes"))

    def test_written_anew(self) -> None:
        """Other spaces and an added null are the same values, but not the same bytes."""
        outcome = self.outcome([json.dumps(json.loads(line) | {"more": None}, indent=None) for line in self.right()])
        self.assertEqual((outcome.problems, outcome.kind), ([], "same values"))

    def test_wrong(self) -> None:
        """A changed row, a row twice, one too few and the first instead of random ones are all found."""
        right, groups = self.right(), cap.groups(self.source)
        first = [self.lines[row] for rows in groups.values() for row in rows[:MAXIMUM]]
        wrong = {
            "changed": [right[0].replace("policy", "police"), *right[1:]],
            "twice": [right[-1], *right[:-1], right[-1]],
            "instead of": right[:-1],
            "not a random choice": first,
        }
        for problem, lines in wrong.items():
            with self.subTest(problem):
                self.assert_finds(problem, self.outcome(lines).problems)

    def test_parquet(self) -> None:
        """Parquet passes, and a changed value is found."""
        rows = self.capped(cap.groups(self.source))
        self.parquet(rows)
        self.assertEqual(cap.check(self.source, self.folder, ".parquet", MAXIMUM).problems, [])
        rewards = self.table.column("reward").take(rows).to_pylist()
        changed = self.table.take(rows).set_column(3, "reward", [[rewards[0] + 1, *rewards[1:]]])
        pyarrow.parquet.write_table(changed, self.folder / "kept.parquet")
        self.assert_finds("changed", cap.check(self.source, self.folder, ".parquet", MAXIMUM).problems)

    def test_not_json(self) -> None:
        """A line that is not JSON ends the check."""
        with self.assertRaises(ValueError):
            self.outcome([self.lines[0][:-1]])


class Kto(Checked):
    """As many desirable as undesirable rows, in random order."""

    def outcome(self, rows: list[int], **added: list) -> list[str]:
        """What is wrong with an output of these rows."""
        self.parquet(rows, **added or {"label": kto.desirable(self.source)[rows].tolist()})
        return kto.check(self.source, self.folder, ".parquet", 0).problems

    def sides(self) -> tuple[list[int], list[int]]:
        """The undesirable rows and all desirable ones."""
        label = kto.desirable(self.source)
        return numpy.flatnonzero(~label).tolist(), numpy.flatnonzero(label).tolist()

    def test_right(self) -> None:
        """The right choice passes."""
        bad, good = self.sides()
        rows = bad + self.chance.sample(good, len(bad))
        self.chance.shuffle(rows)
        self.assertEqual(self.outcome(rows), [])

    def test_wrong(self) -> None:
        """Wrong rows and every order that is not random are found."""
        bad, good = self.sides()
        picked = self.chance.sample(good, len(bad))
        rows = bad + picked
        self.chance.shuffle(rows)
        blocks = [sorted(rows)[first : first + 100] for first in range(0, len(rows), 100)]
        self.chance.shuffle(blocks)
        orders = {
            "sorted": sorted(rows),
            "side after side": self.chance.sample(bad, len(bad)) + picked,
            "in turns": [row for turn in zip(self.chance.sample(bad, len(bad)), picked) for row in turn],
            "shuffled blocks": [row for block in blocks for row in self.chance.sample(block, len(block))],
        }
        for name, order in orders.items():
            with self.subTest(name):
                self.assert_finds("not a random order", self.outcome(order))
        choices = {
            "twice": [*rows, rows[0]],
            "rows instead of": rows[:-1],
            "desirable: not a random choice": bad + good[: len(bad)],
        }
        for problem, chosen in choices.items():
            with self.subTest(problem):
                self.assert_finds(problem, self.outcome(chosen))

    def test_labels(self) -> None:
        """A label that is wrong, missing or not a boolean is found."""
        bad, good = self.sides()
        rows = self.chance.sample(bad + good[: len(bad)], 2 * len(bad))
        label = kto.desirable(self.source)[rows].tolist()
        self.assert_finds("wrong labels", self.outcome(rows, label=[not label[0], *label[1:]]))
        self.assert_finds("wrong labels", self.outcome(rows, label=[None, *label[1:]]))
        self.assert_finds("wrong labels", self.outcome(rows, label=[str(value) for value in label]))
        self.assert_finds("label", self.outcome(rows, other=label))


class Cells(Checked):
    """At most so many random rows of each cell, with their difficulty."""

    def outcome(self, rows: list[int], difficulty: list[str]) -> list[str]:
        """What is wrong with an output of these rows."""
        self.parquet(rows, difficulty=difficulty)
        return cells.check(self.source, self.folder, ".parquet", MAXIMUM).problems

    def test_right(self) -> None:
        """The right choice passes."""
        level, _ = cells.levels(self.source)
        rows = self.capped(cells.groups(self.source, level))
        self.assertEqual(self.outcome(rows, level[rows].tolist()), [])

    def test_wrong(self) -> None:
        """A wrong level, levels upside down, one row too few and the first rows of each cell are all found."""
        level, _ = cells.levels(self.source)
        groups = cells.groups(self.source, level)
        rows = self.capped(groups)
        right = level[rows].tolist()
        first = [row for members in groups.values() for row in members[:MAXIMUM].tolist()]
        other = {"easy": "hard", "medium": "medium", "hard": "easy"}
        wrong = [
            ("wrong difficulty", rows, [other[right[0]], *right[1:]]),
            ("wrong difficulty", rows, [other[value] for value in right]),
            ("instead of", rows[1:], right[1:]),
            ("not a random choice", first, level[first].tolist()),
        ]
        for problem, chosen, difficulty in wrong:
            with self.subTest(problem, rows=len(chosen)):
                self.assert_finds(problem, self.outcome(chosen, difficulty))


class Pairs(Checked):
    """Mirrored pairs of each prompt."""

    def outcome(self, rows: list[tuple[int, int]], gap: float = 0.0):
        """What the check says of an output of these pairs, with something added to the gaps."""
        rewards = self.source.rewards.tolist()
        made = [
            f'{{"chosen":{self.lines[better]},"rejected":{self.lines[worse]},'
            f'"reward_gap":{rewards[better] - rewards[worse] + gap!r}}}'
            for better, worse in rows
        ]
        self.jsonl(pairs=made)
        return pairs.check(self.source, self.folder, ".jsonl", 0)

    def test_right(self) -> None:
        """The right pairs pass, in any order, and also when they are written anew."""
        right = pairs.expected(self.source)
        outcome = self.outcome(right[::-1])
        self.assertEqual((outcome.problems, outcome.kind), ([], "same bytes"))
        file = self.folder / "pairs.jsonl"
        file.write_text("".join(f"{json.dumps(json.loads(line))}\n" for line in file.read_text().splitlines()))
        outcome = pairs.check(self.source, self.folder, ".jsonl", 0)
        self.assertEqual((outcome.problems, outcome.kind), ([], "same values"))

    def test_wrong(self) -> None:
        """Too few pairs, other ones, sides exchanged, pairs across prompts and a row in several are all found."""
        right = pairs.expected(self.source)
        (one, two), (three, four), *rest = right
        self.assertEqual(self.source.prompts[one], self.source.prompts[three])
        stranger, enemy = next(pair for pair in rest if self.source.prompts[pair[0]] != self.source.prompts[one])
        wrong = {
            "pairs instead of": right[1:],
            "or other ones": [(one, four), (three, two), *rest],
            "several pairs": [*right, right[0]],
            "pairs across prompts": [(one, enemy), (stranger, two)],
            "instead of": [(two, one), *right[1:]],
        }
        for problem, some in wrong.items():
            with self.subTest(problem):
                self.assert_finds(problem, self.outcome(some).problems)

    def test_contents(self) -> None:
        """Wrong gaps, a changed row and further members are found."""
        self.assert_finds("the gap is not", self.outcome(pairs.expected(self.source), gap=1e-6).problems)
        self.outcome(pairs.expected(self.source))
        file = self.folder / "pairs.jsonl"
        right = file.read_text()
        for problem, text in {
            "changed": right.replace("policy", "police", 1),
            "members": right.replace('{"chosen"', '{"more":1,"chosen"', 1),
        }.items():
            with self.subTest(problem):
                file.write_text(text)
                self.assert_finds(problem, pairs.check(self.source, self.folder, ".jsonl", 0).problems)


class Buckets(Checked):
    """All rows in three files."""

    def thirds(self) -> dict[str, list[str]]:
        """The lines of each bucket."""
        ordered = sorted(self.source.rewards.tolist())
        low, high = (ordered[round(part * (ROWS - 1) / 3)] for part in (1, 2))
        thirds = {"easy": [], "medium": [], "hard": []}
        for reward, line in zip(self.source.rewards, self.lines):
            thirds["easy" if reward >= high else "medium" if reward >= low else "hard"].append(line)
        return thirds

    def outcome(self, **files: list[str]):
        """What the check says of an output of these files."""
        self.jsonl(**files)
        return buckets.check(self.source, self.folder, ".jsonl", 0)

    def test_right(self) -> None:
        """Three files with all lines pass, and so do more files."""
        thirds = self.thirds()
        thirds["easy-2"] = [thirds["easy"].pop()]
        outcome = self.outcome(**thirds)
        self.assertEqual((outcome.problems, outcome.kind), ([], "same bytes"))

    def test_wrong(self) -> None:
        """A row in another bucket, one missing, one twice, and files that are no bucket's are found."""
        thirds = self.thirds()
        wrong = {
            "rows of other buckets": thirds
            | {"hard": [*thirds["hard"], thirds["easy"][0]], "easy": thirds["easy"][1:]},
            "missing": thirds | {"hard": thirds["hard"][1:]},
            "twice": thirds | {"hard": [*thirds["hard"], thirds["hard"][0]]},
            "not the name of a bucket": thirds | {"rest": [thirds["hard"][0]]},
        }
        for problem, files in wrong.items():
            with self.subTest(problem):
                self.assert_finds(problem, self.outcome(**files).problems)


class Inspect(Checked):
    """Counts and bins."""

    def outcome(self, printed: dict) -> list[str]:
        """What is wrong with what was printed."""
        (self.folder / "stdout").write_text(json.dumps(printed))
        return inspect.check(self.source, self.folder, ".jsonl", 0).problems

    def right(self) -> tuple[dict[str, int], list[int]]:
        """The right numbers."""
        counts = Counter(json.loads(line)["metadata"]["task_type"] for line in self.lines)
        bins = Counter(min(int(reward * 10_000 + 0.5) // 1_000, 9) for reward in self.source.rewards.tolist())
        return dict(counts), [bins[number] for number in range(inspect.BINS)]

    def test_right(self) -> None:
        """The right numbers pass in both forms."""
        counts, bins = self.right()
        self.assertEqual(self.outcome({"counts": counts, "bins": bins}), [])
        groups = [{"key": [name], "rows": count} for name, count in counts.items()]
        histogram = {"bins": [{"rows": count} for count in bins]}
        self.assertEqual(self.outcome({"distribution": {"groups": groups}, "histogram": histogram}), [])

    def test_wrong(self) -> None:
        """A row too few, a type missing, a row in another bin and a bin missing are all found."""
        counts, bins = self.right()
        shifted = [bins[0] - 50, bins[1] + 50, *bins[2:]]
        wrong = [
            (counts | {"chat": counts["chat"] - 1}, bins),
            ({name: count for name, count in counts.items() if name != "chat"}, bins),
            (counts, shifted),
            (counts, [bins[0] - 1, *bins[1:]]),
            (counts, [*bins[:-2], bins[-2] + bins[-1]]),
        ]
        for some_counts, some_bins in wrong:
            with self.subTest(counts=some_counts, bins=some_bins):
                self.assertNotEqual(self.outcome({"counts": some_counts, "bins": some_bins}), [])


if __name__ == "__main__":
    unittest.main()
