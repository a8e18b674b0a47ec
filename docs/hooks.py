"""Adds to the site what is written elsewhere, and refuses what other hosts would serve."""

import json
import os
import subprocess
from pathlib import Path

from commands import listed, markdown
from fences import titled
from hosts import foreign
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File
from reference import functions, overview, reference

ROOT = Path(__file__).resolve().parents[1]
STRATEGIES = ROOT / "tests/strategies"
SCHEMA = ROOT / "crates/core/schemas/recipe.json"
FUNCTIONS = ROOT / "crates/expr/src/functions/table.rs"


def on_config(config):
    """Fills the section of strategies."""
    for section in config.nav:
        if "Strategies" in section:
            section["Strategies"] = ["strategies/index.md", *(f"strategies/{name}.md" for name in strategies())]


def on_files(files, config):
    """Adds the pages that have no files."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    plugins = schema["$defs"]["Stage"]["properties"]
    texts = strategies()
    pages = {f"strategies/{name}.md": titled(text) for name, text in texts.items()} | {
        "strategies/index.md": overview(schema, {name: text for name, text in texts.items() if name not in plugins}),
        "reference/recipe.md": reference(schema),
        "reference/functions.md": functions(FUNCTIONS.read_text(encoding="utf-8")),
        "reference/commands.md": commands(),
    }
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))


def strategies():
    """The pages of strategies and of what belongs to them, by name."""
    return {page.stem: page.read_text(encoding="utf-8") for page in sorted(STRATEGIES.glob("*.md"))}


def commands():
    """The reference of commands, in the program's own words."""
    page = ["# Commands", markdown(help_of())]
    for command in subcommands():
        page += [f"## unskew {' '.join(command)}", markdown(help_of(*command), *command)]
    return "\n\n".join(page) + "\n"


def subcommands(*command):
    """Every command below one, in the order in which the program lists them."""
    for name in listed(help_of(*command)):
        yield (*command, name)
        yield from subcommands(*command, name)


def help_of(*command):
    """What the program says about a command."""
    unskew = os.environ.get("UNSKEW", "unskew")
    done = subprocess.run([unskew, *command, "--help"], capture_output=True, text=True, encoding="utf-8", check=True)
    return done.stdout


def on_post_build(config):
    """Refuses a site that loads anything from another host."""
    for file in Path(config.site_dir).rglob("*"):
        if file.suffix in {".html", ".css"} and (found := foreign(file.read_text(encoding="utf-8"))):
            raise PluginError(f"{file.relative_to(config.site_dir)} loads from another host: {found}")
