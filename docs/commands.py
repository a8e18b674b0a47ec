"""Makes Markdown of what a program says about its commands."""

import re

HEADING = re.compile(r"([A-Z][^:]*):")
ENTRY = re.compile(r" {2,6}(\S.*?)(?: {2,}(\S.*))?")


def listed(help, heading="Commands"):
    """The names below a heading."""
    names = [words for title, entries in parts(help) if title == heading for words, _ in entries]
    return [name for name in names if name != "help"]


def markdown(help, *command):
    """What is said about a command."""
    page = []
    for title, content in parts(help):
        if title is None:
            page.append(content)
        elif title == "Usage":
            page.append(f"```text\n{content}\n```")
        else:
            rows = [f"| {link(title, words, command)} | {meaning} |" for words, meaning in content if words != "help"]
            page.append("\n".join([f"| {title} | |", "| --- | --- |", *rows]))
    return "\n\n".join(page)


def link(title, words, command):
    """The first cell of a row, which leads to where more is said."""
    section = "#" + "-".join(["unskew", *command, words])
    target = {"Commands": section, "Strategies": f"../strategies/{words}.md"}.get(title)
    code = "`" + words.replace("|", "\\|") + "`"
    return f"[{code}]({target})" if target else code


def parts(help):
    """The parts of a help text: paragraphs without a title, the usage, and lists of entries below their headings."""
    found = []
    for block in re.split(r"\n\s*\n", help.strip("\n")):
        lines = block.splitlines()
        heading = HEADING.fullmatch(lines[0]) if len(lines) > 1 else None
        if block.startswith("Usage: "):
            found.append(("Usage", block.removeprefix("Usage: ")))
        elif heading:
            found.append((heading[1], extend([], lines[1:])))
        elif lines[0].startswith(" ") and isinstance(found[-1][1], list):
            # In a long text a list goes on behind an empty line, and so does what is said about an entry.
            extend(found[-1][1], lines)
        elif lines[0].startswith(" "):
            found.append((None, "```text\n" + "\n".join(line.strip() for line in lines) + "\n```"))
        else:
            found.append((None, block))
    return found


def extend(known, lines):
    """The list of entries, with those in more lines of it, or more words about the last one."""
    for line in lines:
        entry = ENTRY.fullmatch(line)
        if entry and not line.startswith(" " * 7):
            known.append((entry[1], entry[2] or ""))
        else:
            words, meaning = known[-1]
            more = "<br>" if line.strip().startswith("- ") else " "
            known[-1] = (words, more.join([meaning, line.strip()]).strip())
    return known
