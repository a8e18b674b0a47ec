"""Runs a page of the documentation from top to bottom, in a folder of its own."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from pages import Block, agrees

ROOT = Path(__file__).resolve().parents[2]
SERVE = "unskew hub serve"
HUB = "http://127.0.0.1:8900"
END = "\x04"
# What tells how long something took, which is never the same.
TOOK = re.compile(r"^\w+: .* in [\d.]+ (?:ms|s|min)\n", re.MULTILINE)


class Run:
    """A shell that keeps its folder and its variables, as a reader's does, and a Hub once the page starts one."""

    def __init__(self, page, parent):
        self.page = page
        self.folder = parent / "page"
        shutil.copytree(ROOT / "examples", self.folder / "examples", ignore=shutil.ignore_patterns("*.py"))
        self.environment = environment(parent)
        self.servers = []
        self.address = HUB
        self.problems = []
        self.outputs = []

    def __enter__(self):
        self.shell = self._start(["bash"], stderr=subprocess.STDOUT)
        return self

    def __exit__(self, *_):
        for process in [self.shell, *self.servers]:
            process.stdin.close()
            process.wait(30)
            process.stdout.close()

    def _start(self, command, **more):
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            **more,
        )

    def all(self):
        """Runs every step; what is wrong is in `problems`, what commands printed instead in `outputs`."""
        for at, step in enumerate(self.page.steps):
            said = len(self.problems)
            if isinstance(step, Block):
                self.block(step, self.page.steps[at + 1 :])
            else:
                self.command(step)
            self.problems[said:] = [f"line {step.line}: {problem}" for problem in self.problems[said:]]

    def command(self, step):
        """Runs a command, which must succeed unless the page shows its error, and print what the page shows."""
        printed, code = self.serve(step.text) if step.text.startswith(SERVE) else self.bash(step.text)
        if code != 0 and not re.search("^error: ", step.printed, re.MULTILINE):
            self.problems.append(f"`{step.text}` ended with exit code {code}\n{printed}")
        elif not agrees(step.printed, printed):
            self.problems.append(f"`{step.text}` printed\n{printed}")
            # What has a fence in it would end the block.
            if "```" not in printed:
                self.outputs.append((step, printed))

    def bash(self, command):
        """What a command prints, and its exit code."""
        command = command.replace(HUB, self.address)
        self.shell.stdin.write(f"{{ {command}\n}} </dev/null\nprintf '{END}%s\\n' $?\n")
        self.shell.stdin.flush()
        printed = ""
        while END not in printed:
            line = self.shell.stdout.readline()
            if not line:
                raise RuntimeError(f"the shell ended in `{command}`\n{printed}")
            printed += line
        printed, _, code = printed.partition(END)
        return TOOK.sub("", printed).replace(self.address, HUB), int(code)

    def serve(self, command):
        """Starts a Hub, which goes on until the page ends, at a free port in the place of the usual one."""
        server = self._start([*shlex.split(command), "--port", "0", "--until-stdin-closes"], stderr=subprocess.DEVNULL)
        self.servers.append(server)
        self.address = server.stdout.readline().strip()
        if not self.address:
            raise RuntimeError(f"`{command}` serves nothing")
        return HUB + "\n", 0

    def block(self, block, later):
        """Writes a block with a title to the file of that name, and runs any other as its language has it."""
        if block.title:
            path = self.folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.content, encoding="utf-8")
            uses = re.compile(rf"{re.escape(block.title)}|from {re.escape(path.stem)} import")
            if not any(uses.search(step.content if isinstance(step, Block) else step.text) for step in later):
                self.problems.append(f"nothing in the page uses {block.title}")
            return
        match block.language:
            case "python":
                self.succeeds("python " + self.beside("block.py", block.content))
            case "yaml":
                self.part(block.content)
            case "json":
                self.succeeds("python -m json.tool --json-lines " + self.beside("block.json", block.content))
            case "sh":
                self.succeeds("bash -n " + self.beside("block.sh", block.content))
            case "text":
                pass
            case other:
                self.problems.append(f"nobody knows how to run {other or 'a block without a language'}")

    def part(self, content):
        """Plans the page's recipe, with the keys of this part in the place of its own."""
        recipe = yaml.safe_load((self.folder / "recipe.yaml").read_text(encoding="utf-8")) | yaml.safe_load(content)
        whole = self.folder / "part.yaml"
        whole.write_text(yaml.safe_dump(recipe, sort_keys=False), encoding="utf-8")
        self.succeeds(f"unskew plan {shlex.quote(str(whole))} --quiet")

    def beside(self, name, content):
        """Writes a file outside of the page's folder, and answers its quoted path."""
        path = self.folder.parent / name
        path.write_text(content, encoding="utf-8")
        return shlex.quote(str(path))

    def succeeds(self, command):
        printed, code = self.bash(command)
        if code != 0:
            self.problems.append(f"the block fails\n{printed}")


def environment(parent):
    """The variables of a reader who has the program and Python at hand, and no way to the real Hub."""
    programs = [str(Path(os.environ["UNSKEW"]).parent), str(Path(sys.executable).parent), os.environ["PATH"]]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_") and name != "TERM"}
    return kept | {
        "PATH": os.pathsep.join(programs),
        "HF_HOME": str(parent / "home"),
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
