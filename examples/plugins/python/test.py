"""Run with `python3 test.py`; UNSKEW names the program, if it is not on PATH."""

import os
import runpy
import subprocess
import unittest
from pathlib import Path

PROGRAM = Path(__file__).with_name("unskew-strategy-top")


class Test(unittest.TestCase):
    def test_keeps_the_laws(self):
        subprocess.run([os.environ.get("UNSKEW", "unskew"), "plugin", "test", PROGRAM], check=True)

    def test_rows_without_a_score_go_last(self):
        rows = [{"group": 0, "score": score, "luck": luck} for score, luck in [(None, "1"), (2, "3"), (2, "2")]]
        run = runpy.run_path(str(PROGRAM))["run"]
        self.assertEqual(run({"share": 0.3}, rows), [2])
        self.assertEqual(run({"share": 0.7}, rows), [1, 2])


if __name__ == "__main__":
    unittest.main()
