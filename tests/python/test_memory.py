"""Rows that are in memory already, as sources of recipes."""

import json

import pandas
import pyarrow as pa
import pytest
import unskew
from datasets import Dataset, DatasetDict


@pytest.fixture(scope="module")
def rows():
    return [{"id": row, "task": "code" if row % 5 == 0 else "math", "meta": {"score": row / 100}} for row in range(100)]


@pytest.fixture(scope="module")
def table(rows):
    return pa.Table.from_pylist(rows)


def test_tables_of_all_kinds_are_chosen_from_alike(rows, table):
    expected = unskew.cap(table, by="task", max=10, seed=3).indices
    assert len(expected) == 20 and [rows[row]["task"] for row in expected].count("code") == 10
    kinds = [Dataset(table), table.to_reader(), pandas.DataFrame(rows), pa.Table.from_batches(table.to_batches(7))]
    for kind in kinds:
        assert unskew.cap(kind, by="task", max=10, seed=3).indices == expected, type(kind)


def test_a_file_with_the_same_identities_is_chosen_from_alike(rows, table, tmp_path):
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    recipe = {"identity": "id", "stages": [{"cap": {"by": "task", "max": 10}}]}
    chosen = unskew.run(recipe, source=table).to_dataset()
    assert chosen["id"] == unskew.run(recipe, source=tmp_path / "rows.jsonl").to_dataset()["id"]


def test_chosen_rows_of_a_dataset_are_not_copied(table):
    dataset = Dataset(table)
    run = unskew.cap(dataset, by="task", max=10)
    chosen = run.to_dataset()
    assert chosen.data is dataset.data or chosen.data.table.column("id").chunk(0).buffers()[1].address == (
        table.column("id").chunk(0).buffers()[1].address
    )
    assert chosen.to_list() == dataset.select(run.indices).to_list()
    assert chosen.to_list() == pa.table(run).to_pylist()
    assert len(run) == len(chosen) == 20


def test_rows_that_follow_one_another_are_not_copied(table):
    stream = pa.table(unskew.run({"source": table, "where": "id >= 40"}))
    (chunk,) = stream.column("id").chunks
    assert chunk.buffers()[1].address == table.column("id").chunk(0).buffers()[1].address + 40 * 8


@pytest.mark.parametrize("change", ["shuffle", "filter", "select", "slice"])
def test_a_changed_dataset_has_its_own_rows(table, change):
    whole = Dataset(table)
    dataset = {
        "shuffle": lambda: whole.shuffle(seed=1),
        "filter": lambda: whole.filter(lambda row: row["id"] % 2 == 1),
        "select": lambda: whole.select([7, 3, 3, 90]),
        "slice": lambda: whole.select(range(50, 60)),
    }[change]()
    run = unskew.run({"source": dataset, "where": "meta.score >= 0.05", "stages": [{"order": {"shuffle": True}}]})
    chosen = [dataset[row] for row in run.indices]
    assert run.to_dataset().to_list() == pa.table(run).to_pylist() == chosen
    assert sorted(row["id"] for row in chosen) == sorted(row["id"] for row in dataset if row["id"] >= 5)


def test_splits_have_rows_of_their_own(table):
    dataset = Dataset(table)
    run = unskew.split(dataset, test=0.2)
    assert {name: len(split) for name, split in run.splits.items()} == {"train": 80, "test": 20}
    parts = run.to_dataset()
    assert isinstance(parts, DatasetDict)
    assert parts["test"]["id"] == list(run.splits["test"].indices) == pa.table(run.splits["test"])["id"].to_pylist()
    with pytest.raises(unskew.DataError, match="there are 2 splits"):
        pa.table(run)
    with pytest.raises(unskew.DataError, match="run.splits"):
        _ = run.indices


def test_no_folder_is_made_until_it_is_asked_for(table):
    run = unskew.cap(table, by="task", max=10, seed=3)
    chosen = run.indices
    assert run._done.folder is None
    assert "# cap" in run.card and (run.folder / ".unskew/lock.json").is_file()
    assert "source: memory://rows" in run.recipe
    # What stands in the folder are the rows that were chosen before.
    assert run.indices == chosen
    assert run.to_dataset()["id"] == list(chosen) == pa.table(run)["id"].to_pylist()


def test_a_folder_has_the_rows_of_a_table(table, tmp_path):
    recipe = unskew.source(table, name="mine").columns(kind="task").cap(by="kind", max=10).output(keep="kind")
    run = recipe.run(out=tmp_path / "out")
    assert run.folder == tmp_path / "out"
    assert run.to_dataset()["id"] == [table["id"][row].as_py() for row in run.indices]


def test_pairs_are_two_rows_and_have_no_indices(table):
    run = unskew.pair(table, chosen="meta.score >= 0.5", rejected="meta.score < 0.1", score="meta.score")
    pair = run.to_dataset()[0]
    assert pair["chosen"]["meta"]["score"] - pair["rejected"]["meta"]["score"] == pytest.approx(pair["reward_gap"])
    with pytest.raises(unskew.DataError, match="a pair is made of two rows"):
        _ = run.indices


def test_several_tables_are_told_apart_by_name(table):
    sources = [{"path": table, "name": "old"}, {"path": table, "name": "new"}]
    run = unskew.run({"source": sources, "stages": [{"mix": {"shares": {"old": 0.5, "new": 0.5}}}]})
    assert len(run) == len(run.to_dataset()) == 200
    with pytest.raises(unskew.DataError, match="one source in memory"):
        _ = run.indices
    with pytest.raises(unskew.RecipeError, match="two sources are called"):
        unskew.run({"source": [{"path": table, "name": "old"}, {"path": table, "name": "old"}]})


def test_a_table_can_be_inspected_and_planned_with(table):
    assert unskew.inspect(Dataset(table), by="task")["distribution"]["groups"][0]["rows"] == 80
    report = unskew.source(table).cap(by="task", max=10).plan()
    assert report["planned"] and report["rows"]["output"] == 20


def test_what_has_no_rows_is_told(table):
    with pytest.raises(unskew.RecipeError, match="name one of them"):
        unskew.source(DatasetDict({"train": Dataset(table)}))
    with pytest.raises(unskew.RecipeError, match="no rows can be read from int"):
        unskew.cap(5, by="task", max=1)
    with pytest.raises(unskew.SourceError, match="is gone"):
        unskew.run(unskew.source(table).to_dict())


def test_a_table_without_rows_gives_none(table):
    run = unskew.cap(Dataset(table.slice(0, 0)), by="task", max=10)
    assert len(run.indices) == len(run.to_dataset()) == pa.table(run).num_rows == 0
