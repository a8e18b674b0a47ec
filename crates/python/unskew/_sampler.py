"""Balanced batches for a `DataLoader`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from unskew import _unskew


class BalancedBatchSampler:
    """Batches that hold the same number of rows of each class, as lists of row numbers: a `batch_sampler`.

    In each epoch every row comes at least once, in new company. Classes that are too short for the number of batches
    are gone through again and again: within an epoch no row of a class comes more than once more often than another,
    and none comes twice in a batch unless its class has too few rows. The batches are those of the strategy `batch`
    with the same seed.

    >>> from unskew import BalancedBatchSampler
    >>> sampler = BalancedBatchSampler([0, 0, 0, 0, 1, 1], n_samples_per_class=2, seed=7)
    >>> len(sampler)
    2
    >>> all(sorted(batch)[2:] == [4, 5] for batch in sampler)
    True

    It goes into a `DataLoader`, and into a `Trainer` of transformers or TRL, which shares batches among processes by
    itself:

        class BalancedTrainer(KTOTrainer):
            def get_train_dataloader(self):
                sampler = BalancedBatchSampler(self.train_dataset["label"], 4, seed=self.args.seed)
                loader = DataLoader(self.train_dataset, batch_sampler=sampler, collate_fn=self.data_collator)
                return self.accelerator.prepare(loader)

    When an iteration has come to its end, the next one is another epoch; one that was broken off begins where it was
    left.
    """

    def __init__(
        self,
        labels: Iterable[Any],
        n_samples_per_class: int | Mapping[Any, int],
        seed: int | None = None,
        *,
        drop_last: bool = False,
        mixed: bool = False,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        """`labels` has the class of each row: whole numbers, booleans, fractions or texts, in a list, an array or a
        column.

        `n_samples_per_class` is how many rows of each class a batch holds, or how many of which: `{"math": 3, "code":
        1}`. Without a `seed` there are other batches each time. `drop_last` leaves out rows that do not fill a batch
        instead of repeating others; `mixed` shuffles rows within a batch instead of putting class after class. Each
        of `world_size` processes has batches of its own, and all have the same number.
        """
        if seed is None:
            if world_size > 1:
                raise ValueError("the processes need a seed that they share: give each the same `seed`")
            seed = int.from_bytes(os.urandom(8), "little")
        self.seed = seed
        self.drop_last = drop_last
        each = json.dumps(n_samples_per_class)
        self._sampler = _unskew.Sampler(_plain(labels), each, seed, drop_last, mixed, rank, world_size)

    @property
    def batch_size(self) -> int:
        """How many rows a batch holds."""
        return self._sampler.batch_size

    def __len__(self) -> int:
        return len(self._sampler)

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self._sampler)

    def set_epoch(self, epoch: int) -> None:
        """Begins the next iteration with the first batch of an epoch."""
        self._sampler.set_place(epoch, 0)

    def state_dict(self) -> dict[str, int]:
        """Where it stands."""
        epoch, batch = self._sampler.place
        return {"seed": self.seed, "epoch": epoch, "batch": batch}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Goes on where another one stood that had the same labels."""
        if state["seed"] != self.seed:
            self.seed = state["seed"]
            self._sampler = self._sampler.reseeded(self.seed)
        self._sampler.set_place(state["epoch"], state["batch"])


def _plain(labels: Any) -> list[Any]:
    """Labels as a list of Python's own values."""
    for name in ("tolist", "to_pylist", "to_list"):
        if hasattr(labels, name):
            return getattr(labels, name)()
    # A column of `datasets` is read at once, not row by row.
    return labels[:] if hasattr(labels, "__getitem__") and not isinstance(labels, list) else list(labels)
