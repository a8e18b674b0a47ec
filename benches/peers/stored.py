"""How the participants that use `datasets` get at the rows."""

import atexit
import os
import shutil
import tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import datasets
from schema import datasets_features


def load(source: str, cache: str | None) -> datasets.Dataset:
    """The rows by way of a cache folder; without one, of an empty one that is gone when the process ends.

    What is made of the rows is not looked up in the cache.
    """
    datasets.disable_progress_bars()
    datasets.disable_caching()
    if cache is None:
        cache = tempfile.mkdtemp()
        atexit.register(shutil.rmtree, cache, ignore_errors=True)
    kind = "parquet" if source.endswith(".parquet") else "json"
    return datasets.load_dataset(kind, data_files=source, split="train", cache_dir=cache, features=datasets_features())
