"""The command line program: `python -m unskew`, or `unskew`."""

import signal
import sys

from unskew import _unskew


def main() -> None:
    """Runs the program with the arguments of this process, and ends it."""
    # Python would only take note of Ctrl-C while the program runs.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_unskew.main(sys.argv))


if __name__ == "__main__":
    main()
