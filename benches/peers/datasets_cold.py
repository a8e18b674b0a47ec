"""`datasets` the first time it sees a file: the Arrow cache has to be written."""

import tempfile

from datasets_run import main

with tempfile.TemporaryDirectory() as cache:
    main(cache)
