"""Rewrites the fences of the strategies' pages, which are tests, into blocks of code with a title."""

import re

FENCE = re.compile(r"^(`{3,})(\w+) (\w+)(?: (.*))?$", re.MULTILINE)


def titled(page):
    """The page with a title in the place of the words that are for the test."""
    return FENCE.sub(block, page)


def block(fence):
    """The line that opens a block."""
    ticks, language, kind, rest = fence.groups(default="")
    language = "json" if language == "jsonl" else language
    return f'{ticks}{language} title="{title(kind, rest)}"'


def title(kind, rest):
    """What a reader may call the block."""
    match kind:
        case "recipe":
            return "recipe.yaml"
        case "rows":
            return rest or "rows.jsonl"
        case "expected":
            order = "in any order" if rest.endswith("any-order") else ""
            split = rest.removesuffix("any-order").strip()
            return ", ".join(filter(None, ["what comes out", split, order]))
        case "overflow":
            return f"what is left out, {rest}" if rest else "what is left out"
        case "report":
            return "what the run prints"
        case "plan":
            return "what the plan prints"
        case "error":
            return f"what the run says, with exit code {rest}" if rest else "what the run says"
    raise ValueError(f"no fence is called {kind}")
