"""`datasets` with its Arrow cache already there: the comparison runs this once before it measures."""

import sys

from datasets_run import main

main(sys.argv[4])
