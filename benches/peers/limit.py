"""The limit: the input read once and as many bytes written as the job keeps, by some threads, nothing else."""

import os
import sys
from threading import Thread

BUFFER = 4 << 20


def copy(source: str, start: int, end: int, target: str, budget: int) -> None:
    """Reads a range and writes the first bytes that pass by, up to the budget."""
    buffer = memoryview(bytearray(BUFFER))
    with open(source, "rb", buffering=0) as lines, open(target, "wb", buffering=0) as kept:
        lines.seek(start)
        while start < end:
            count = lines.readinto(buffer[: min(BUFFER, end - start)])
            start += count
            if budget > 0:
                budget -= kept.write(buffer[: min(count, budget)])


def main() -> None:
    """Shares both files out over the threads; each writes a file of its own."""
    source, target, output_bytes, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    size = os.path.getsize(source)
    threads = [
        Thread(
            target=copy,
            args=(source, size * part // count, size * (part + 1) // count, f"{target}.{part}", output_bytes // count),
        )
        for part in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
