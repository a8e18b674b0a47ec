"""Writes `_strategies.py`: a method and a function for each strategy that `unskew strategies --json` tells of."""

import json
import sys
import textwrap

HEAD = '''\
"""A method and a function for each strategy; `cargo xtask generate` makes them of the strategies' own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from unskew._recipe import Recipe
    from unskew._run import Run


class Strategies:
    """What every recipe can do: a stage for each strategy."""

    def _stage(self, strategy: str, /, **options: Any) -> Recipe:
        raise NotImplementedError
'''

APPLY = '''

def _apply(strategy: str, dataset: Any, overrides: dict[str, Any], **options: Any) -> Run:
    """Runs one strategy."""
    from unskew._recipe import source
    from unskew._run import run

    return run(source(dataset).named(strategy)._stage(strategy, **options), **overrides)


def _said(defaults: Mapping[str, Any], /, **options: Any) -> dict[str, Any]:
    """The options that say something: a default that is left out means the same, and keeps the recipe short."""
    return {name: value for name, value in options.items() if value != defaults.get(name)}
'''


WIDTH = 120


class Schema:
    """A JSON Schema with its definitions."""

    def __init__(self, root):
        self.definitions = root.get("$defs", {})

    def resolved(self, schema):
        while "$ref" in schema:
            schema = self.definitions[schema["$ref"].removeprefix("#/$defs/")]
        return schema

    def types(self, schema):
        """The types of Python that a schema allows, each once, without `None`."""
        schema = self.resolved(schema)
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return unique(kind for one in schema[key] for kind in self.types(one))
        names = schema.get("enum", [schema["const"]] if "const" in schema else None)
        if names is not None:
            return [f"Literal[{', '.join(json.dumps(name) for name in names)}]"]
        kinds = schema.get("type", [])
        return unique(
            self.plain(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null"
        )

    def plain(self, kind, schema):
        match kind:
            case "array":
                return f"Sequence[{self.annotation(schema.get('items', {}))}]"
            case "object":
                return "Mapping[str, Any]"
            case _:
                return {"boolean": "bool", "integer": "int", "number": "float", "string": "str"}[kind]

    def annotation(self, schema):
        types = self.types(schema)
        if "Any" in types or not types:
            return "Any"
        # Words that any text includes would be lost on a reader.
        literals = [kind[len("Literal[") : -1] for kind in types if kind.startswith("Literal[")]
        others = [kind for kind in types if not kind.startswith("Literal[")]
        return " | ".join(([f"Literal[{', '.join(literals)}]"] if literals else []) + others)


def unique(items):
    return list(dict.fromkeys(items))


def option(name, schema, root, required):
    """A parameter: its annotation and its default, none if it must be said."""
    annotation = root.annotation(schema)
    if name in required:
        return f"{name}: {annotation}"
    default = default_of(schema, root)
    if default is None:
        return f"{name}: {annotation} | None = None" if annotation != "Any" else f"{name}: Any = None"
    return f"{name}: {annotation} = {literal(default)}"


def literal(value):
    """A value as Python writes it."""
    return json.dumps(value) if isinstance(value, str) else repr(value)


def default_of(schema, root):
    """What an option is unless it is said, if that is a plain value."""
    default = schema.get("default", root.resolved(schema).get("default"))
    return None if isinstance(default, (list, dict)) else default


def docstring(manifest, options, indent, more=()):
    """What `help` shows."""
    paragraphs = [manifest["summary"] + "."]
    paragraphs += manifest["options"].get("description", "").split("\n\n")
    lines = []
    for paragraph in filter(None, paragraphs):
        lines += [*textwrap.wrap(" ".join(paragraph.split()), 110), ""]
    lines.append("Args:")
    for name, words in [*((name, schema.get("description", "")) for name, schema in options.items()), *more]:
        text = f"{name}: {' '.join(words.split())}"
        lines += textwrap.wrap(text, 106, initial_indent="    ", subsequent_indent="        ")
    if lines[-1] == "Args:":
        lines = lines[:-2]
    text = "\n".join(indent + line if line else "" for line in lines).replace("\\", "\\\\").replace('"""', "'''")
    return f'{indent}"""{text.lstrip()}\n{indent}"""\n'


def written(manifest):
    """The method and the function of a strategy."""
    name, schema = manifest["name"], manifest["options"]
    options, required, root = schema.get("properties", {}), schema.get("required", []), Schema(schema)
    ordered = sorted(options, key=lambda option: option not in required)
    parameters = [option(name, options[name], root, required) for name in ordered]
    defaults = [(one, default_of(options[one], root)) for one in ordered]
    defaults = ", ".join(f'"{one}": {literal(default)}' for one, default in defaults if default is not None)
    said = [f"{{{defaults}}}", *(f"{one}={one}" for one in ordered)] if ordered else []
    star = ["*", *parameters] if parameters else []

    def signature(first, indent, answer):
        lines = "".join(f"{indent}    {line},\n" for line in first)
        return f"{indent}def {name}(\n{lines}{indent}) -> {answer}:\n"

    method = signature(["self", *star], "    ", "Recipe")
    method += docstring(manifest, options, "        ")
    method += call("        ", "self._stage", [json.dumps(name)], said)
    function = signature(["dataset: Any", "/", *star, "**overrides: Any"], "", "Run")
    more = [
        ("dataset", "Where rows come from: a path, or what is in memory, as for `unskew.source`."),
        ("overrides", 'What else there is to say, as for `unskew.run`: `seed=1`, `out="balanced"`.'),
    ]
    about = [(one, options[one].get("description", "")) for one in ordered]
    function += docstring(manifest, {}, "    ", [more[0], *about, more[1]])
    function += call("    ", "_apply", [json.dumps(name), "dataset", "overrides"], said)
    return method, function


def call(indent, function, arguments, said):
    """A line that answers what a function does, or several."""
    options = [f"**_said({', '.join(said)})"] if said else []
    line = f"{indent}return {function}({', '.join([*arguments, *options])})\n"
    if len(line) <= WIDTH:
        return line
    lines = [f"{indent}    {part},\n" for part in arguments]
    lines += [f"{indent}    **_said(\n", *(f"{indent}        {part},\n" for part in said), f"{indent}    ),\n"]
    return f"{indent}return {function}(\n{''.join(lines)}{indent})\n"


def main():
    manifests = json.load(sys.stdin)
    parts = [written(manifest) for manifest in manifests]
    names = "".join(f"    {json.dumps(name)},\n" for name in sorted(manifest["name"] for manifest in manifests))
    methods = "".join("\n" + method for method, _ in parts)
    functions = "".join("\n\n" + function for _, function in parts)
    sys.stdout.write(f"{HEAD}{methods}{APPLY}{functions}\n\n__all__ = [\n{names}]\n")


if __name__ == "__main__":
    main()
