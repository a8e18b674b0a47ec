"""The batch sampler without PyTorch: what its batches hold, and where they come from."""

from collections import Counter
from itertools import chain

import pyarrow as pa
import pyarrow.parquet
import pytest
import unskew
from unskew import BalancedBatchSampler

SIZES = [90, 17, 40, 3]
LABELS = [label for label, size in enumerate(SIZES) for _ in range(size)]


def test_an_epoch_uses_rows_evenly():
    sampler = BalancedBatchSampler(LABELS, 4, seed=3)
    batches = list(sampler)
    assert len(batches) == len(sampler) == 23 and sampler.batch_size == 16
    uses = Counter(chain.from_iterable(batches))
    for label, size in enumerate(SIZES):
        rows = [uses[row] for row, other in enumerate(LABELS) if other == label]
        assert len(rows) == size and min(rows) >= 1 and max(rows) - min(rows) <= 1
    for batch in batches:
        assert [LABELS[row] for row in batch] == [0] * 4 + [1] * 4 + [2] * 4 + [3] * 4
        repeated = [row for row, times in Counter(batch).items() if times > 1]
        assert all(LABELS[row] == 3 for row in repeated), "only a class of three rows repeats some in a batch of four"


@pytest.mark.parametrize("mixed", [False, True])
def test_batches_are_those_of_the_strategy(mixed, tmp_path):
    table = pa.table({"label": LABELS})
    within = "mixed" if mixed else "classes"
    recipe = unskew.source(table).batch(by="label", each=4, epochs=3, rows="once", within=within).seed(9)
    run = recipe.run(out=tmp_path / "out")
    plan = pa.parquet.read_table(run.folder / ".unskew/batches.parquet").to_pylist()
    sampler = BalancedBatchSampler(LABELS, 4, seed=9, mixed=mixed)
    assert [place["row"] for place in plan] == [row for _ in range(3) for batch in sampler for row in batch]


def test_epochs_follow_one_another_and_can_be_chosen():
    sampler = BalancedBatchSampler(LABELS, 4, seed=3)
    first, second = list(sampler), list(sampler)
    assert first != second
    sampler.set_epoch(0)
    assert list(sampler) == first
    sampler.set_epoch(1)
    assert list(sampler) == second


def test_an_iteration_goes_on_where_another_one_stood():
    whole = BalancedBatchSampler(LABELS, 4, seed=3)
    batches = [*whole, *whole]
    sampler = BalancedBatchSampler(LABELS, 4, seed=3)
    list(sampler)
    iteration = iter(sampler)
    done = [next(iteration) for _ in range(5)]
    assert done == batches[23:28]
    state = sampler.state_dict()
    assert state == {"seed": 3, "epoch": 1, "batch": 5}
    # One that has another seed takes over that of the state.
    other = BalancedBatchSampler(LABELS, 4)
    other.load_state_dict(state)
    assert list(other) == batches[28:]


@pytest.mark.parametrize("drop_last", [False, True])
def test_ranks_share_batches_evenly(drop_last):
    ranks = [
        list(BalancedBatchSampler(LABELS, 4, seed=3, rank=rank, world_size=4, drop_last=drop_last)) for rank in range(4)
    ]
    assert [len(batches) for batches in ranks] == [5 if drop_last else 6] * 4
    assert len({tuple(batch) for batches in ranks for batch in batches}) == sum(map(len, ranks))
    if not drop_last:
        assert set(chain.from_iterable(chain.from_iterable(ranks))) == set(range(len(LABELS)))


def test_dropping_the_last_repeats_nothing_of_the_largest_class():
    batches = list(BalancedBatchSampler(LABELS, 4, seed=3, drop_last=True))
    assert len(batches) == 22
    uses = Counter(chain.from_iterable(batches))
    assert sorted(uses[row] for row in range(90)) == [0, 0] + [1] * 88


def test_labels_may_be_anything_that_tells_classes_apart():
    import numpy
    import pandas

    expected = list(BalancedBatchSampler(LABELS, 2, seed=5))
    texts = [f"class {label}" for label in LABELS]
    for labels in [
        tuple(LABELS),
        numpy.array(LABELS),
        pandas.Series(LABELS),
        pa.array(LABELS),
        texts,
        [label / 2 for label in LABELS],
    ]:
        assert list(BalancedBatchSampler(labels, 2, seed=5)) == expected
    rows = list(BalancedBatchSampler(texts, {"class 0": 3, "class 1": 1, "class 2": 1, "class 3": 1}, seed=5))
    assert all(Counter(LABELS[row] for row in batch) == {0: 3, 1: 1, 2: 1, 3: 1} for batch in rows)
    assert list(BalancedBatchSampler([True, False, True], {False: 1, True: 2}, seed=5))[0][0] == 1


def test_a_column_of_a_dataset_has_labels():
    from datasets import Dataset

    dataset = Dataset.from_dict({"label": LABELS})
    assert list(BalancedBatchSampler(dataset["label"], 2, seed=5)) == list(BalancedBatchSampler(LABELS, 2, seed=5))


def test_mistakes_are_told():
    with pytest.raises(unskew.RecipeError, match="no row is of class `9`"):
        BalancedBatchSampler(LABELS, {0: 1, 1: 1, 2: 1, 9: 1})
    with pytest.raises(unskew.RecipeError, match="a number of rows, 1 or more"):
        BalancedBatchSampler(LABELS, 0)
    with pytest.raises(unskew.DataError, match="no labels"):
        BalancedBatchSampler([], 1)
    with pytest.raises(ValueError, match="no rank 2 of 2"):
        BalancedBatchSampler(LABELS, 1, seed=1, rank=2, world_size=2)
    with pytest.raises(ValueError, match="give each the same `seed`"):
        BalancedBatchSampler(LABELS, 1, world_size=2)
    with pytest.raises(ValueError, match="too few rows"):
        BalancedBatchSampler([0, 1], 2, drop_last=True)
