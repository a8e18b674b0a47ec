"""Every block of code in the documentation does what its page says; `UPDATE=1` rewrites what commands print."""

import json
import os
import re
import sys

import pytest
from conftest import ROOT
from pages import Page
from running import Run

sys.path.insert(0, str(ROOT / "docs"))

from commands import listed, markdown  # noqa: E402
from fences import titled  # noqa: E402
from hosts import foreign  # noqa: E402
from reference import functions, overview, reference  # noqa: E402

PAGES = ROOT / "docs/pages"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pages talk to a shell that Windows lacks")


def ran(text, folder):
    """A page that was run."""
    with Run(Page(text), folder) as run:
        run.all()
    return run


@pytest.mark.parametrize("name", sorted(path.relative_to(PAGES).as_posix() for path in PAGES.rglob("*.md")))
def test_a_page_is_true(name, tmp_path):
    text = (PAGES / name).read_text(encoding="utf-8")
    for package in ["duckdb", "polars"]:
        if f"import {package}" in text:
            pytest.importorskip(package, reason="its release needs Python 3.11")
    run = ran(text, tmp_path)
    if os.environ.get("UPDATE") == "1" and run.outputs:
        (PAGES / name).write_text(run.page.with_outputs(run.outputs), encoding="utf-8")
    assert not run.problems, "\n".join([name, *run.problems, "UPDATE=1 rewrites what commands print"])


TRUE = """\
# A page

```python title="two.py"
print(2)
```

- A list with a block in it:

    ```console
    $ export ROWS=600 && cd examples
    $ wc -l < data/rollouts.jsonl | tr -d ' ' && python ../two.py \\
    > | cat
    600
    …
    $ echo "row $ROWS of $(pwd | sed s,.*/,,)" && cd ..
    row … of examples
    $ unskew plan missing.yaml
    error: cannot read …
    …
    ```

```yaml title="recipe.yaml"
source: examples/data/rollouts.jsonl
```

```console
$ unskew plan recipe.yaml --quiet
```

```yaml
stages:
  - cap: {by: metadata.task_type, max: 5}
```

```python
assert len(open("recipe.yaml").read().splitlines()) == 1
```

```sh
hf auth login
```

```json
{"a": 1}
{"a": 2}
```
"""


def test_a_true_page_passes(tmp_path):
    assert ran(TRUE, tmp_path).problems == []


@pytest.mark.parametrize(
    ("true", "false", "problem"),
    [
        ("600\n", "601\n", r"line 11: `wc .* printed\n600\n2\n"),
        ("row … of examples", "row 6… of data", r"line 15: `echo .* printed\nrow 600 of examples\n"),
        ("error: cannot read …", "cannot read …", r"line 17: `unskew plan missing.yaml` ended with exit code 2\n"),
        ("max: 5", "maxx: 5", r"line 30: the block fails\nerror: unknown option `maxx`"),
        ("== 1", "== 2", r"line 35: the block fails\nTraceback"),
        ("auth login", "auth (login", r"line 39: the block fails"),
        ('{"a": 2}', '{"a": 2', r"line 43: the block fails"),
        ("```sh", "```fish", r"line 39: nobody knows how to run fish"),
        ("python ../two.py", "echo 2", r"line 3: nothing in the page uses two.py"),
    ],
)
def test_a_false_page_fails(true, false, problem, tmp_path):
    assert TRUE.count(true) == 1
    problems = ran(TRUE.replace(true, false), tmp_path).problems
    assert len(problems) == 1 and re.match(problem, problems[0], re.DOTALL), problems


def test_outputs_are_rewritten(tmp_path):
    run = ran(TRUE.replace("600\n", "601\n").replace("row … of", "…"), tmp_path)
    assert len(run.outputs) == 1
    rewritten = run.page.with_outputs(run.outputs)
    assert "    600\n    2\n    $ echo" in rewritten
    (tmp_path / "again").mkdir()
    assert ran(rewritten, tmp_path / "again").problems == []


def test_a_hub_is_where_the_page_says(tmp_path):
    page = (
        "```console\n$ unskew hub serve --root hub\nhttp://127.0.0.1:8900\n"
        "$ export HF_ENDPOINT=http://127.0.0.1:8900 HF_TOKEN_PATH=hub/tokens/write/me\n"
        "$ hf upload me/rows examples/data --repo-type dataset --quiet > /dev/null 2>&1\n"
        '$ unskew inspect hf://datasets/me/rows --where "reward > 2"\n…\nlooked at 0 rows\n…\n```\n'
    )
    assert ran(page, tmp_path).problems == []


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("```python\n", "line 1: the block is never closed"),
        ('```python linenums="1"\n```\n', 'line 1: after the language only title="…" may stand'),
        ("```console\nls\n```\n", "line 2: a console begins with `\\$ ` and a command"),
    ],
)
def test_a_page_is_well_formed(page, problem):
    with pytest.raises(ValueError, match=problem):
        Page(page)


def test_the_reference_has_every_option():
    schema = json.loads((ROOT / "crates/core/schemas/recipe.json").read_text(encoding="utf-8"))
    page = reference(schema)
    strategies = schema["$defs"]["Stage"]["properties"]
    for name, strategy in strategies.items():
        assert name == "as" or f"\n### {name}\n" in page
        assert all(f"\n| `{option}` | " in page for option in strategy.get("properties", {}))
    assert "\n| `max` | whole number, required | How many rows of each kind to keep at most. |\n" in page
    assert "\n| `plugins` | mapping of names to [mappings](#plugins) | " in page
    assert "\n## plugins\n" in page
    assert "| `on_bad_row` | `error` or `skip` or `quarantine` | What to do with" in page


def test_the_overview_leads_to_every_page():
    schema = json.loads((ROOT / "crates/core/schemas/recipe.json").read_text(encoding="utf-8"))
    page = overview(schema, {"checks": "# checks\n\nWords.\n"})
    assert "\n| [`cap`](cap.md) | Keep at most N rows of each group |\n" in page
    assert "`as`" not in page
    assert page.endswith("\n- [checks](checks.md)\n")


def test_the_table_of_functions_is_read_whole():
    source = (ROOT / "crates/expr/src/functions/table.rs").read_text(encoding="utf-8")
    assert "| `text(x)` | The text of a number or a condition. | `text(3) \\|\\| '!'` is `3!` |" in functions(source)
    with pytest.raises(ValueError, match="functions were found"):
        functions(source.replace('"abs(x)":', '"abs(x)" :'))


def test_fences_for_tests_become_titles():
    kinds = {
        "yaml recipe": 'yaml title="recipe.yaml"',
        "jsonl rows": 'json title="rows.jsonl"',
        "jsonl rows more.jsonl": 'json title="more.jsonl"',
        "jsonl expected": 'json title="what comes out"',
        "jsonl expected test any-order": 'json title="what comes out, test, in any order"',
        "jsonl overflow math": 'json title="what is left out, math"',
        "text error 4": 'text title="what the run says, with exit code 4"',
        "python": "python",
    }
    for words, title in kinds.items():
        assert titled(f"Words.\n\n```{words}\nx\n```\n") == f"Words.\n\n```{title}\nx\n```\n"
    with pytest.raises(ValueError, match="no fence is called recipes"):
        titled("```yaml recipes\n```\n")


@pytest.mark.parametrize(
    "text",
    [
        '<link rel="preconnect" href="https://fonts.example" crossorigin>',
        "<script src=//scripts.example/a.js></script>",
        "<img alt='' src='http://pictures.example/a.png'>",
        "@import 'https://styles.example/a.css'",
        "a { background: url(https://pictures.example/a.png) }",
    ],
)
def test_what_another_host_would_serve_is_found(text):
    assert ".example" in foreign(f"before\n{text}\nafter")


def test_links_load_nothing():
    page = '<a href="https://rustup.rs">rustup</a> <link href="styles/a.css"> <script src="../a.js"></script>'
    page += '<link rel="canonical" href="https://unskew.example/">'
    assert foreign(page + "a { background: url(a.png) }") is None


SHORT = """\
Do one thing or another

Usage: tool [OPTIONS] <COMMAND>

Commands:
  one   The first of two things that a tool may do for you, with a text that goes on in
        another line
  two   The second
  help  Print this message

Options:
      --as <A|B>  How
  -h, --help      Print help
"""

LONG = """\
Do the first thing.

Usage: tool one [OPTIONS]

Options:
      --root <DIR>
          The folder

          [default: here]

  -h, --help
          Print help

Begin like this:

  tool one
"""


def test_help_becomes_markdown():
    assert listed(SHORT) == ["one", "two"]
    assert markdown(SHORT, "sub") == (
        "Do one thing or another\n\n```text\ntool [OPTIONS] <COMMAND>\n```\n\n"
        "| Commands | |\n| --- | --- |\n"
        "| [`one`](#unskew-sub-one) | The first of two things that a tool may do for you, with a text that goes on in "
        "another line |\n| [`two`](#unskew-sub-two) | The second |\n\n"
        "| Options | |\n| --- | --- |\n| `--as <A\\|B>` | How |\n| `-h, --help` | Print help |"
    )
    assert markdown(LONG) == (
        "Do the first thing.\n\n```text\ntool one [OPTIONS]\n```\n\n"
        "| Options | |\n| --- | --- |\n| `--root <DIR>` | The folder [default: here] |\n"
        "| `-h, --help` | Print help |\n\n"
        "Begin like this:\n\n```text\ntool one\n```"
    )
