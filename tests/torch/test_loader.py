"""The batch sampler in a real `DataLoader`: the seven things that a balanced sampler is asked for, and several processes.

It needs nothing but PyTorch, because it is run with a Python that may have nothing else.
"""

import torch
from torch.utils.data import DataLoader, TensorDataset

from unskew import BalancedBatchSampler


def labels(*sizes):
    return [label for label, size in enumerate(sizes) for _ in range(size)]


def batches(labels, n, **options):
    return list(BalancedBatchSampler(labels, n_samples_per_class=n, **options))


def check_balance(labels, found, n):
    for batch in found:
        counts = [sum(labels[row] == label for row in batch) for label in set(labels)]
        assert counts == [n] * len(counts), counts


def test_basic_functionality():
    found = batches(labels(3, 3, 3), 2)
    assert found and all(isinstance(batch, list) for batch in found)
    assert all(isinstance(row, int) for batch in found for row in batch)


def test_batch_balance():
    check_balance(labels(5, 3, 4), batches(labels(5, 3, 4), 2, seed=42), 2)


def test_all_samples_used():
    found = batches(labels(4, 2, 3), 2, seed=42)
    assert {row for batch in found for row in batch} == set(range(9))


def test_reproducibility():
    one, same, other = (batches(labels(3, 2, 4), 2, seed=seed) for seed in (123, 123, 456))
    assert one == same != other


def test_dataloader_compatibility():
    classes = labels(4, 3, 2)
    dataset = TensorDataset(torch.randn(9, 5), torch.tensor(classes))
    loader = DataLoader(dataset, batch_sampler=BalancedBatchSampler(classes, n_samples_per_class=2, seed=42))
    assert len(loader) == 2
    for values, found in loader:
        assert values.shape == (6, 5)
        assert torch.bincount(found).tolist() == [2, 2, 2]


def test_edge_cases():
    assert len(batches([0, 0, 1, 1], 1, seed=42)) == 2
    classes = labels(100, 2)
    found = batches(classes, 3, seed=42)
    check_balance(classes, found, 3)
    assert {row for batch in found for row in batch} == set(range(102))


def test_different_class_sizes():
    classes = labels(10, 5, 20, 3)
    found = batches(classes, 2, seed=42)
    check_balance(classes, found, 2)
    assert {row for batch in found for row in batch} == set(range(38))


def test_workers_read_the_same_batches():
    classes = labels(40, 9, 5)
    dataset = TensorDataset(torch.arange(54), torch.tensor(classes))

    def read(workers):
        sampler = BalancedBatchSampler(torch.tensor(classes), n_samples_per_class=2, seed=1)
        loader = DataLoader(dataset, batch_sampler=sampler, num_workers=workers)
        return [[rows.tolist() for rows, _ in loader] for _ in range(2)]

    alone = read(0)
    assert alone == read(2)
    assert alone[0] != alone[1], "each epoch has other batches"


if __name__ == "__main__":
    for name, test in [*globals().items()]:
        if name.startswith("test_"):
            test()
            print(f"{name}: passed")
