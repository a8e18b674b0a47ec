"""The Python clients against `unskew hub serve`: what they upload comes back, and they see the errors that they know."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

# What every script begins with: it runs in a process of its own, because clients read their environment as they are imported.
HEAD = """
import os
from pathlib import Path
import pytest
from huggingface_hub import CommitOperationAdd, HfApi, HfFileSystem, hf_hub_download, snapshot_download
from huggingface_hub.errors import *
api = HfApi()
NOISE = bytes((i * i * 7919 >> 7) & 255 for i in range(300_000))
"""


class Hub:
    """A server and its folder."""

    def __init__(self, folder, *arguments):
        self.folder = folder
        self.arguments = arguments
        self.homes = 0
        self.start()

    def start(self):
        command = [os.environ["UNSKEW"], "hub", "serve", "--root", self.folder / "hub", "--port", "0", "--until-stdin-closes"]
        for user in ("me:write", "reader:read", "guest:none"):
            command += ["--token", user]
        self.errors = (self.folder / "stderr.txt").open("a", encoding="utf-8")
        self.process = subprocess.Popen(
            [*command, "--verbose", *self.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )
        self.endpoint = self.process.stdout.readline().strip()
        assert self.endpoint.startswith("http://127.0.0.1:")

    def stop(self, how):
        how()
        assert self.process.wait(timeout=20) is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.errors.close()

    def environment(self, user="me:write", xet=True, home=None):
        """What a client finds: an empty home or one that it had before, this server, and the token of a user."""
        self.homes += 1
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
        home = self.folder / f"home-{home or self.homes}"
        environment = {**kept, "HF_ENDPOINT": self.endpoint, "HF_HOME": str(home), "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        environment["HF_HUB_DISABLE_TELEMETRY"] = "1"
        environment["HF_HUB_DISABLE_XET"] = "0" if xet else "1"
        if user:
            name, role = user.split(":")
            environment["HF_TOKEN_PATH"] = str(self.folder / "hub" / "tokens" / role / name)
        else:
            environment["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1"
        return environment

    def python(self, script, **options):
        """Runs a script as a user; what it asserts must hold."""
        command = [sys.executable, "-c", HEAD + textwrap.dedent(script)]
        done = subprocess.run(
            command, env=self.environment(**options), cwd=self.folder, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def hub(tmp_path):
    server = Hub(tmp_path)
    yield server
    if server.process.poll() is None:
        server.stop(server.process.terminate)


UPLOAD = """
    folder = Path("upload")
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "data" / "a.jsonl").write_text("".join(f'{{"a": {i}}}\\n' for i in range(100)))
    (folder / "big.bin").write_bytes(NOISE)
    url = api.create_repo("me/rows", repo_type="dataset")
    assert api.create_repo("me/rows", repo_type="dataset", exist_ok=True) == url
    done = api.upload_folder(repo_id="me/rows", repo_type="dataset", folder_path=folder)
    assert done.commit_url.endswith(f"/datasets/me/rows/commit/{done.oid}")
    api.upload_file(repo_id="me/rows", repo_type="dataset", path_or_fileobj=b"# Rows", path_in_repo="README.md")
"""

DOWNLOAD = """
    tree = list(api.list_repo_tree("me/rows", repo_type="dataset", recursive=True, expand=True))
    assert [entry.path for entry in tree] == [".gitattributes", "README.md", "big.bin", "data", "data/a.jsonl"]
    assert tree[2].size == tree[2].lfs.size == len(NOISE) and tree[2].last_commit.title.startswith("Upload folder")
    snapshot = Path(snapshot_download("me/rows", repo_type="dataset"))
    assert (snapshot / "big.bin").read_bytes() == NOISE and (snapshot / "README.md").read_text() == "# Rows"
    with HfFileSystem().open("datasets/me/rows/big.bin", block_size=1000) as file:
        file.seek(-100, 2)
        assert file.read() == NOISE[-100:]
    assert [commit.title for commit in api.list_repo_commits("me/rows", repo_type="dataset")][-1] == "initial commit"
"""


@pytest.mark.parametrize(("up", "down"), [(True, True), (True, False), (False, True), (False, False)])
def test_what_is_uploaded_comes_back_with_xet_and_without(hub, up, down):
    hub.python(UPLOAD, xet=up)
    hub.python(DOWNLOAD, xet=down)
    log = (hub.folder / "stderr.txt").read_text(encoding="utf-8")
    assert ("/shards" in log) == up and ("/reconstructions/" in log) == (up and down)
    for token in (hub.folder / "hub" / "tokens").glob("*/*"):
        assert token.stat().st_mode & 0o777 == 0o600 and token.read_text() not in log
    assert "Signature" not in log


@pytest.mark.parametrize("how", ["kill", "terminate", "interrupt", "close"])
def test_everything_outlives_the_server(hub, how):
    hub.python(UPLOAD)
    endings = {
        "kill": hub.process.kill,
        "terminate": hub.process.terminate,
        "interrupt": lambda: hub.process.send_signal(signal.SIGINT),
        "close": hub.process.stdin.close,
    }
    hub.stop(endings[how])
    assert hub.process.returncode == (-signal.SIGKILL if how == "kill" else 0)
    hub.start()
    hub.python(DOWNLOAD)


@pytest.mark.parametrize("xet", [True, False])
def test_a_server_that_is_killed_amid_uploads_has_all_that_it_answered(hub, xet):
    hub.python('api.create_repo("me/rows", repo_type="dataset")')
    script = """
    for number in range(1000):
        operations = [CommitOperationAdd(f"{number}.bin", os.urandom(50_000)), CommitOperationAdd(f"{number}.txt", b"x")]
        print(api.create_commit("me/rows", operations, commit_message="more", repo_type="dataset").oid, flush=True)
    """
    uploading = subprocess.Popen(
        [sys.executable, "-c", HEAD + textwrap.dedent(script)],
        env=hub.environment(xet=xet),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    answered = [uploading.stdout.readline().strip() for _ in range(3)]
    hub.stop(hub.process.kill)
    uploading.kill()
    answered += uploading.communicate()[0].split()
    hub.start()
    hub.python(
        f"""
        commits = [commit.commit_id for commit in api.list_repo_commits("me/rows", repo_type="dataset")]
        assert set({answered!r}) <= set(commits) and len(commits) - len({answered!r}) in (1, 2)
        snapshot = Path(snapshot_download("me/rows", repo_type="dataset"))
        assert all(file.stat().st_size == 50_000 for file in snapshot.glob("*.bin"))
        api.upload_file(repo_id="me/rows", repo_type="dataset", path_or_fileobj=NOISE, path_in_repo="after.bin")
        """,
        xet=xet,
    )


def test_what_nobody_uses_goes_and_can_come_again(hub):
    upload = """
        api.create_repo("me/gone", repo_type="dataset")
        api.upload_file(repo_id="me/gone", repo_type="dataset", path_or_fileobj=NOISE[::-1], path_in_repo="gone.bin")
    """
    hub.python(UPLOAD)
    hub.python(upload, home="same")
    hub.python('api.delete_repo("me/gone", repo_type="dataset")')
    collect = [os.environ["UNSKEW"], "hub", "gc", "--root", hub.folder / "hub"]
    running = subprocess.run(collect, capture_output=True, text=True, check=False, timeout=60)
    assert running.returncode == 2 and "another server uses" in running.stderr
    hub.stop(hub.process.terminate)
    done = subprocess.run(collect, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("let go of 1 content that no repository uses; "), done.stdout
    hub.start()
    hub.python(DOWNLOAD)
    hub.python(upload, home="same")
    hub.python('assert Path(hf_hub_download("me/gone", "gone.bin", repo_type="dataset")).read_bytes() == NOISE[::-1]')


def test_datasets_reads_and_pushes(hub):
    hub.python(
        """
        from datasets import Dataset, load_dataset
        rows = Dataset.from_dict({"a": list(range(50)), "text": ["x" * i for i in range(50)]})
        first = rows.push_to_hub("me/rows")
        rows.select(range(5)).push_to_hub("me/rows", "few")
        assert load_dataset("me/rows")["train"].num_rows == 50
        assert load_dataset("me/rows", "few")["train"].num_rows == 5
        assert [row["a"] for row in load_dataset("me/rows", "few", streaming=True, split="train")] == list(range(5))
        assert load_dataset("me/rows", revision=first.oid)["train"]["text"][:] == rows["text"][:]
        """
    )


def test_a_repository_tells_what_its_card_says(hub):
    hub.python(
        """
        def told(card):
            api.upload_file(repo_id="me/rows", repo_type="dataset", path_or_fileobj=card, path_in_repo="README.md")
            return api.dataset_info("me/rows").card_data
        api.create_repo("me/rows", repo_type="dataset")
        assert api.dataset_info("me/rows").card_data is None
        assert told(b"# Rows") is None
        card = told(b"---\\nlicense: mit\\nconfigs:\\n- config_name: a\\n  data_files: a.jsonl\\n---\\n# Rows")
        assert card.license == "mit" and card["configs"] == [{"config_name": "a", "data_files": "a.jsonl"}]
        with pytest.raises(ValueError, match="no YAML"):
            told(b"---\\nlicense: [mit\\n---\\n# Rows")
        """
    )


def test_errors_are_those_that_clients_know(hub):
    hub.python(
        """
        for name in ("secret", "gated"):
            api.create_repo(f"me/{name}", repo_type="dataset", private=name == "secret")
            api.upload_file(repo_id=f"me/{name}", repo_type="dataset", path_or_fileobj=b"x", path_in_repo="x")
        api.update_repo_settings("me/gated", repo_type="dataset", gated="manual")
        with pytest.raises(EntryNotFoundError):
            hf_hub_download("me/secret", "no", repo_type="dataset")
        with pytest.raises(RevisionNotFoundError):
            hf_hub_download("me/secret", "x", repo_type="dataset", revision="no")
        with pytest.raises(BadRequestError):
            api.create_branch("me/secret", repo_type="dataset", branch="refs/heads/b")
        head = api.dataset_info("me/secret").sha
        def add(content):
            operations = [CommitOperationAdd("y", content)]
            api.create_commit("me/secret", operations, commit_message="y", repo_type="dataset", parent_commit=head)
        add(b"y")
        with pytest.raises(HfHubHTTPError, match="A commit has happened since"):
            add(b"z")
        """
    )
    refused = """
        with pytest.raises(RepositoryNotFoundError):
            hf_hub_download("me/secret", "x", repo_type="dataset")
        with pytest.raises(GatedRepoError):
            hf_hub_download("me/gated", "x", repo_type="dataset")
    """
    hub.python(refused, user=None)
    hub.python(refused, user="guest:none")
    hub.python(
        """
        for name in ("secret", "gated"):
            assert Path(hf_hub_download(f"me/{name}", "x", repo_type="dataset")).read_bytes() == b"x"
        with pytest.raises(HfHubHTTPError, match="403"):
            api.create_repo("me/mine", repo_type="dataset")
        """,
        user="reader:read",
    )


def test_pull_requests_branches_and_tags(hub):
    hub.python(UPLOAD)
    hub.python(
        """
        made = api.create_commit(
            "me/rows", [CommitOperationAdd("pr.bin", NOISE)], commit_message="Add", repo_type="dataset", create_pr=True
        )
        assert made.pr_num == 1 and made.pr_revision == "refs/pr/1"
        assert not api.file_exists("me/rows", "pr.bin", repo_type="dataset")
        path = hf_hub_download("me/rows", "pr.bin", repo_type="dataset", revision="refs/pr/1")
        assert Path(path).read_bytes() == NOISE
        """,
        user="reader:read",
    )
    hub.python(
        """
        details = api.get_discussion_details("me/rows", 1, repo_type="dataset")
        assert details.is_pull_request and details.status == "open" and details.conflicting_files is False
        assert [one.num for one in api.get_repo_discussions("me/rows", repo_type="dataset")] == [1]
        api.merge_pull_request("me/rows", 1, repo_type="dataset")
        assert api.get_discussion_details("me/rows", 1, repo_type="dataset").status == "merged"
        assert api.file_exists("me/rows", "pr.bin", repo_type="dataset")
        api.create_branch("me/rows", repo_type="dataset", branch="b")
        api.create_tag("me/rows", repo_type="dataset", tag="v1", revision="b")
        api.delete_folder("data", "me/rows", repo_type="dataset", revision="b")
        refs = api.list_repo_refs("me/rows", repo_type="dataset", include_pull_requests=True)
        assert [ref.name for ref in refs.branches + refs.tags + refs.pull_requests] == ["b", "main", "v1", "1"]
        assert "data/a.jsonl" not in api.list_repo_files("me/rows", repo_type="dataset", revision="b")
        api.delete_branch("me/rows", repo_type="dataset", branch="b")
        api.delete_tag("me/rows", repo_type="dataset", tag="v1")
        api.move_repo("me/rows", "me/moved", repo_type="dataset")
        api.delete_repo("me/moved", repo_type="dataset")
        assert not api.repo_exists("me/moved", repo_type="dataset")
        """
    )


def test_the_command_line_client(hub, tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"a": 1}\n', encoding="utf-8")

    def hf(*arguments):
        command = [sys.executable, "-m", "huggingface_hub.cli.hf", *map(str, arguments)]
        environment = hub.environment()
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "me" in hf("auth", "whoami")
    hf("upload", "me/rows", "rows.jsonl", "--repo-type", "dataset")
    hf("download", "me/rows", "rows.jsonl", "--repo-type", "dataset", "--local-dir", tmp_path / "down")
    assert (tmp_path / "down" / "rows.jsonl").read_text(encoding="utf-8") == '{"a": 1}\n'


def test_a_server_says_why_it_does_not_start(hub):
    command = [os.environ["UNSKEW"], "hub", "serve", "--root", hub.folder / "hub", "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2 and "another server uses" in done.stderr and "hint:" in done.stderr
