"""Shows that the check of outputs refuses every way of not doing the job: `python -m unittest` in this folder."""

import json
import random
import tempfile
import unittest
from pathlib import Path

import check

ROWS, MAXIMUM = 1_000, 100


class Check(unittest.TestCase):
    """One right output and several wrong ones, of a thousand rows of which one type is capped."""

    def setUp(self) -> None:
        """Writes the input and picks a right choice."""
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name) / "output"
        self.folder.mkdir()
        tasks = ["chat" if row % 20 == 0 else "math" for row in range(ROWS)]
        self.lines = [
            json.dumps({"id": f"rollout-{row:09d}", "text": "…\n", "metadata": {"task_type": task}})
            for row, task in enumerate(tasks)
        ]
        jsonl = Path(scratch.name) / "rollouts.jsonl"
        jsonl.write_text("\n".join(self.lines) + "\n")
        self.source = check.Source(jsonl)
        self.chat = [row for row in range(ROWS) if tasks[row] == "chat"]
        self.math = [row for row in range(ROWS) if tasks[row] == "math"]
        self.right = self.chat + random.Random(1).sample(self.math, MAXIMUM)

    def outcome(self, lines: list[str]) -> dict:
        """What the check says of an output of these lines."""
        (self.folder / "kept.jsonl").write_text("".join(f"{line}\n" for line in lines))
        return check.check(self.source, self.folder, ".jsonl", MAXIMUM)

    def test_right(self) -> None:
        """The right choice passes, in any order."""
        outcome = self.outcome([self.lines[row] for row in self.right])
        self.assertEqual((outcome["problems"], outcome["rows"], outcome["bytes_kept"]), ([], 150, True))

    def test_written_anew(self) -> None:
        """Other escapes and an added null are the same values, but not the same bytes."""
        anew = [json.dumps(json.loads(self.lines[row]) | {"more": None}, ensure_ascii=False) for row in self.right]
        outcome = self.outcome(anew)
        self.assertEqual((outcome["problems"], outcome["bytes_kept"]), ([], False))

    def test_wrong(self) -> None:
        """A changed row, a row twice, one too few and the first instead of random ones are all found."""
        right = [self.lines[row] for row in self.right]
        wrong = {
            "changed": [right[0].replace("\\n", "n"), *right[1:]],
            "twice": [right[-1], *right[:-1], right[-1]],
            "instead of": right[:-1],
            "not a random choice": [self.lines[row] for row in self.chat + self.math[:MAXIMUM]],
        }
        for problem, lines in wrong.items():
            with self.subTest(problem):
                self.assertTrue(any(problem in found for found in self.outcome(lines)["problems"]))

    def test_not_json(self) -> None:
        """A line that is not JSON ends the check."""
        with self.assertRaises(ValueError):
            self.outcome([self.lines[0][:-1]])


if __name__ == "__main__":
    unittest.main()
