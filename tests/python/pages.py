"""Reads pages of the documentation: their blocks of code, and in `console` blocks the commands with what they print."""

import re
from dataclasses import dataclass
from textwrap import indent

FENCE = re.compile(r'^(?P<indent> *)(?P<ticks>`{3,})(?P<language>\w*)(?: title="(?P<title>[^"]+)")?(?P<rest>.*)$')


@dataclass
class Block:
    """A block of code: its language, the file it stands for, and where it is in the page."""

    language: str
    title: str | None
    content: str
    line: int


@dataclass
class Command:
    """A command of a `console` block, what the page says it prints, and the lines where that stands."""

    text: str
    printed: str
    line: int
    lines: slice
    margin: str


class Page:
    """A page, which knows how to be written with other outputs."""

    def __init__(self, text):
        self.lines = text.splitlines()
        self.steps = list(self._steps())

    def _steps(self):
        """The blocks, and in the place of `console` blocks their commands, from top to bottom."""
        opened = None
        for number, line in enumerate(self.lines):
            fence = FENCE.match(line)
            if opened is None and fence:
                if fence["rest"]:
                    raise ValueError(f'line {number + 1}: after the language only title="…" may stand')
                opened, start = fence, number + 1
            elif opened and fence and len(fence["ticks"]) >= len(opened["ticks"]) and not fence["language"]:
                lines = [line.removeprefix(opened["indent"]) for line in self.lines[start:number]]
                if opened["language"] == "console":
                    yield from commands(lines, start, opened["indent"])
                else:
                    content = "".join(line + "\n" for line in lines)
                    yield Block(opened["language"], opened["title"], content, start)
                opened = None
        if opened:
            raise ValueError(f"line {start}: the block is never closed")

    def with_outputs(self, outputs):
        """The page's text with other outputs of some commands."""
        lines = list(self.lines)
        for command, printed in reversed(outputs):
            lines[command.lines] = indent(printed, command.margin).splitlines()
        return "\n".join(lines) + "\n"


def commands(lines, start, margin):
    """The commands of a `console` block: a line with `$ ` and its continuations, then what is printed."""
    begins = [at for at, line in enumerate(lines) if line.startswith("$ ")]
    if begins[:1] != [0]:
        raise ValueError(f"line {start + 1}: a console begins with `$ ` and a command")
    for begin, end in zip(begins, [*begins[1:], len(lines)], strict=True):
        after = begin + 1
        while after < end and lines[after].startswith("> "):
            after += 1
        text = "\n".join(line[2:] for line in lines[begin:after])
        printed = "".join(line + "\n" for line in lines[after:end])
        yield Command(text, printed, start + begin + 1, slice(start + after, start + end), margin)


def agrees(shown, printed):
    """Whether a command printed what the page shows: `…` stands for anything in a line, and alone for any lines."""

    def pattern(line):
        return "(?:.*\n)*" if line.strip() == "…" else re.escape(line).replace("…", ".*") + "\n"

    return re.fullmatch("".join(map(pattern, shown.splitlines())), printed) is not None
