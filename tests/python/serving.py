"""A Hub with one dataset, for tests that look at it with Python's clients."""

import os
import subprocess
import sys
from contextlib import contextmanager


@contextmanager
def serving(tmp_path, repo, files, *options):
    """Serves a Hub whose dataset `repo` has these files, and answers the environment of its clients; what is asked of it is
    told in a file, `log`."""
    root = tmp_path / "hub"
    command = [os.environ["UNSKEW"], "hub", "serve", "--root", root, "--port", "0", "--until-stdin-closes", *options]
    log = (tmp_path / "log").open("w", encoding="utf-8")
    with log, subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True) as server:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        environment |= {
            "HF_ENDPOINT": server.stdout.readline().strip(),
            "HF_TOKEN_PATH": str(root / "tokens/write/me"),
            "HF_HOME": str(tmp_path / "home"),
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }
        folder = tmp_path / "upload"
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        python(
            environment,
            "from huggingface_hub import HfApi; api = HfApi();"
            f"api.create_repo({repo!r}, repo_type='dataset');"
            f"api.upload_folder(repo_id={repo!r}, repo_type='dataset', folder_path={str(folder)!r})",
        )
        yield environment
        server.stdin.close()
        server.wait(10)


def python(environment, program):
    """Runs a program of Python in a process of its own, whose environment says where the Hub is."""
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
