"""Makes references: of recipes and strategies out of the JSON Schema, of functions out of the table that has them."""

import re

ENTRY = re.compile(r'^    "(.+?)": "(.+?)", r?"(.+?)" => "(.+?)", \w+ \[', re.MULTILINE)
COUNT = re.compile(r"_COUNT: usize = (\d+)")


def reference(schema):
    """The page: a table of the recipe's keys, one for each mapping in it, and one for each strategy."""
    sections = mappings(schema)
    page = ["# Recipe", schema["description"], table(schema, schema, sections)]
    for name, key in sections.items():
        mapping = schema["$defs"][name]
        page += [f"## {key}", mapping["description"]]
        if name != "Stage":
            page.append(table(mapping, schema, sections))
            continue
        strategies = dict(mapping["properties"])
        naming = {"properties": {"as": strategies.pop("as")}}
        page += [table(naming, schema, sections), "The other key of the mapping is the name of a strategy."]
        for strategy, options in strategies.items():
            page += [f"### {strategy}", f"{options['description']}: [more about it](../strategies/{strategy}.md)."]
            page.append(table(options, schema, sections) if options.get("properties") else "It has no options.")
    return "\n\n".join(page) + "\n"


def overview(schema, others):
    """The page that leads to all strategies, and to other pages beside theirs, whose texts are given."""
    page = ["# Strategies", "What a [stage](../concepts/recipes.md#stages) may be. Each page is run as a test."]
    rows = ["| strategy | |", "| --- | --- |"]
    for name, options in schema["$defs"]["Stage"]["properties"].items():
        if name != "as":
            rows.append(f"| [`{name}`]({name}.md) | {options['description']} |")
    more = [f"- [{text.splitlines()[0].removeprefix('# ')}]({name}.md)" for name, text in others.items()]
    return "\n\n".join([*page, "\n".join(rows), "## More", "\n".join(more)]) + "\n"


def mappings(schema):
    """The definitions of mappings that the recipe's keys may hold, and the first key that holds each."""
    found = {}
    for key, value in schema["properties"].items():
        for name in references(value, schema["$defs"]):
            if schema["$defs"][name].get("properties"):
                found.setdefault(name, key)
    return found


def references(value, definitions):
    """The names of the definitions that a schema consists of, through lists, choices and names of one's own."""
    name = value.get("$ref", "").removeprefix("#/$defs/")
    if name:
        yield name
        yield from references(definitions[name], definitions)
    inside = [value.get("items"), value.get("additionalProperties"), *value.get("anyOf", [])]
    for inner in filter(None, inside):
        yield from references(inner, definitions)


def table(mapping, schema, sections):
    """The keys of a mapping, with what each may hold and means."""
    rows = ["| key | value | meaning |", "| --- | --- | --- |"]
    for name, value in mapping["properties"].items():
        kind = shown(value, schema["$defs"], sections)
        if name in mapping.get("required", []):
            kind += ", required"
        elif value.get("default") not in (None, ""):
            kind += f", by default `{text(value['default'])}`"
        meaning = "<br>".join([value.get("description", ""), *choices(value, schema["$defs"])]).replace("\n", " ")
        rows.append(f"| `{name}` | {kind} | {meaning} |".replace("||", "\\|\\|"))
    return "\n".join(rows)


def choices(value, definitions):
    """What each word means that may stand there, where that is told."""
    name = value.get("$ref", "").removeprefix("#/$defs/")
    if name:
        yield from choices(definitions[name], definitions)
    for inner in value.get("anyOf", []):
        yield from choices(inner, definitions)
    for choice in value.get("oneOf", []):
        yield f"{shown(choice, definitions, {})}: {choice['description']}"


def shown(value, definitions, sections):
    """What a value looks like, in words."""
    if "$ref" in value:
        name = value["$ref"].removeprefix("#/$defs/")
        if name in sections:
            return f"[mapping](#{sections[name]})"
        return shown(definitions[name], definitions, sections)
    if "const" in value:
        return f"`{text(value['const'])}`"
    if several := alternatives(value):
        kinds = list(dict.fromkeys(shown(one, definitions, sections) for one in several if one.get("type") != "null"))
        before = " or ".join(kinds[:-1])
        return " or ".join(["a list of these" if kind == f"list of {before}" else kind for kind in kinds])
    return plain(value, definitions, sections)


def alternatives(value):
    """The schemas of which a value has to fit one."""
    kinds = value.get("type")
    if isinstance(kinds, list):
        return [{**value, "type": kind} for kind in kinds]
    words = [{"const": word} for word in value.get("enum", [])]
    return words or value.get("anyOf") or value.get("oneOf") or []


def plain(value, definitions, sections):
    """What a value of one type looks like."""
    kind = value.get("type")
    if kind == "array":
        return f"list of {shown(value['items'], definitions, sections)}"
    if kind == "object" and value.get("properties"):
        members = [f"{name}: {bare(inner)}" for name, inner in value["properties"].items()]
        return f"`{{{', '.join(members)}}}`"
    if kind == "object":
        target = sections.get(value.get("additionalProperties", {}).get("$ref", "").removeprefix("#/$defs/"))
        return f"mapping of names to [mappings](#{target})" if target else "mapping"
    return {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`"}[kind]


def bare(value):
    """A word for a member's value."""
    return {"string": "text", "integer": "N", "number": "N"}.get(value.get("type"), "…")


def text(value):
    """A value as YAML has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def functions(source):
    """The functions of expressions, by the table in their source."""
    of_values, _, over_rows = source.partition("const AGGREGATES")
    sections = [("Of values", of_values), ("Over rows", over_rows)]
    page = ["# Functions", "What [expressions](../concepts/expressions.md) may call."]
    page[1] += " In the examples over rows, `x` is 1, 2, 2, 3, null."
    for name, part in sections:
        rows = ["| function | | example |", "| --- | --- | --- |"]
        for signature, summary, example, result in ENTRY.findall(part):
            rows.append(f"| `{signature}` | {summary} | `{example}` is `{result}` |".replace("||", "\\|\\|"))
        page += [f"## {name}", "\n".join(rows)]
    listed, counted = len(ENTRY.findall(source)), sum(map(int, COUNT.findall(source)))
    if listed != counted:
        raise ValueError(f"{listed} functions were found in a table of {counted}")
    return "\n\n".join(page) + "\n"
