"""The peers' virtual environment, and what the results have to say about the machine."""

import os
import platform
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
PEERS = ["datasets", "duckdb", "numpy", "orjson", "pandas", "polars", "pyarrow"]


def cache_folder() -> Path:
    """Where data and environment go unless an option says otherwise."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "unskew-benches"


def python(cache: Path) -> Path:
    """The interpreter that has exactly the pinned peers, made when it is missing or out of date."""
    folder = cache / "venv"
    interpreter, installed = folder / "bin" / "python", folder / "installed.txt"
    wanted = f"{sys.version}\n{REQUIREMENTS.read_text()}"
    if not installed.exists() or installed.read_text() != wanted:
        venv.create(folder, with_pip=True, clear=True)
        install = [interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS]
        subprocess.run(install, check=True)
        installed.write_text(wanted)
    return interpreter


def variables(cache: Path) -> dict[str, str]:
    """The environment every participant runs in: offline, with caches of its own."""
    scratch = cache / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    return os.environ | {
        "HF_HOME": str(cache / "huggingface"),
        "HF_HUB_OFFLINE": "1",
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPATH": str(HERE / "peers"),
        "TMPDIR": str(scratch),
    }


def machine() -> str:
    """One line about processor, memory and system."""
    fields = dict(line.split(":", 1) for line in Path("/proc/cpuinfo").read_text().splitlines() if ":" in line)
    model = next((value.strip() for key, value in fields.items() if key.strip() == "model name"), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, {memory:.0f} GiB of memory, Linux {platform.release().split('-')[0]}"


def versions(unskew: Path) -> str:
    """The participants' versions."""
    pins = dict(line.split("==") for line in REQUIREMENTS.read_text().split())
    named = [f"{peer} {pins[peer]}" for peer in PEERS]
    if unskew.exists():
        ours = subprocess.run([unskew, "--version"], capture_output=True, text=True, check=True)
        named.insert(0, ours.stdout.strip())
    return ", ".join([*named, f"Python {platform.python_version()}"])
