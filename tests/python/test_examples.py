"""The examples' results, read back with the libraries that users read them with."""

import json
from collections import Counter

import pyarrow.parquet as pq
import pytest
from conftest import ROLLOUTS
from datasets import get_dataset_config_names, load_dataset

KEPT = {"math": 120, "coding": 120, "search": 72, "writing": 32, "general": 16}
LEFT_OUT = {"math": 228, "coding": 12}


def task(row):
    return (row.get("metadata") or {}).get("task_type") or "general"


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_load_dataset_reads_the_folder_as_it_is(example, form):
    out = example("cap.yaml", "--set", f"output.format={form}")
    kept = load_dataset(str(out))
    assert list(kept) == ["train"]
    assert Counter(map(task, kept["train"])) == KEPT
    overflow = load_dataset(str(out), "overflow")
    assert {split: rows.num_rows for split, rows in overflow.items()} == LEFT_OUT


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_the_card_names_every_config(example, form):
    out = example("cap.yaml", "--set", f"output.format={form}")
    assert sorted(get_dataset_config_names(str(out))) == ["default", "overflow"]


def test_both_formats_hold_the_same_rows(example):
    features = None
    rows = {}
    for form in ("jsonl", "parquet"):
        data = load_dataset(str(example("cap.yaml", "--set", f"output.format={form}")), split="train")
        features = features or data.features
        assert data.features == features
        rows[form] = data.to_list()
    assert rows["jsonl"] == rows["parquet"]


def test_rows_are_copied_whole(example, rollouts):
    out = example("cap.yaml")
    lines = [line for file in sorted(out.rglob("*.jsonl")) for line in file.read_text(encoding="utf-8").splitlines()]
    assert Counter(lines) == Counter(rollouts)


def test_parquet_holds_the_values_of_the_source(example, rollouts):
    out = example("first-n.yaml", "--set", "output.format=parquet")
    tables = [pq.read_table(file) for file in sorted((out / "data").glob("*.parquet"))]
    rows = [row for table in tables for row in table.to_pylist()]
    source = {row["id"]: row for row in map(json.loads, rollouts)}
    for row in rows:
        original = source[row["id"]]
        assert row["reward"] == original["reward"]
        assert row["response"] == original["response"]
        assert task(row) == task(original)
    assert Counter(map(task, rows)) == KEPT


def test_side_cars_are_not_taken_for_data(example):
    out = example("cap.yaml")
    assert (out / ".unskew" / "lock.json").is_file()
    assert (out / ".unskew" / "report.json").is_file()
    assert set(load_dataset(str(out), split="train").column_names) == {
        "id",
        "responses_create_params",
        "response",
        "reward",
        "metadata",
    }


def test_pairs_are_what_preference_trainers_read(example):
    rows = {}
    for form in ("jsonl", "parquet"):
        data = load_dataset(str(example("workflow-dpo.yaml", "--set", f"output.format={form}")), "default", split="train")
        assert data.column_names == ["prompt", "chosen", "rejected", "reward_gap"]
        rows[form] = data.to_list()
    assert rows["jsonl"] == rows["parquet"]
    for row in rows["jsonl"]:
        assert row["prompt"][0]["role"] == "user" and row["chosen"][0]["role"] == "assistant"
        assert row["chosen"] != row["rejected"] and row["reward_gap"] > 0.19


def test_labelled_rows_alternate(example):
    data = load_dataset(str(example("pairs-to-rows.yaml", "--set", "output.format=parquet")), split="train")
    assert data["label"] == [True, False] * (len(data) // 2)
    assert data.features["label"].dtype == "bool"


def test_a_plan_of_batches_is_a_batch_sampler(example):
    changes = ["stages.0.batch.rows=once", "stages.0.batch.column=null", "output.keep=[]"]
    out = example("batches.yaml", *(part for change in changes for part in ("--set", change)))
    data = load_dataset(str(out), split="train")
    assert len(data) == 600 and len(set(data["id"])) == 600
    plan = pq.read_table(out / ".unskew" / "batches.parquet").to_pylist()
    batches = {}
    for place in plan:
        batches.setdefault((place["epoch"], place["batch"]), []).append(place["row"])
    assert {epoch for epoch, _ in batches} == {0, 1}
    kinds = [row if row in ("math", "coding") else "other" for row in map(task, data)]
    for rows in batches.values():
        assert Counter(kinds[row] for row in rows) == {"math": 4, "coding": 2, "other": 2}
        assert len(set(rows)) == 8 and all(isinstance(row, int) for row in rows)
    assert {row for (epoch, _), rows in batches.items() if epoch == 1 for row in rows} == set(range(600))


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_pairs_are_what_openrlhf_reads(example, form):
    """OpenRLHF's `RewardDataset` gives `prompt + chosen`, two lists of messages, to a chat template."""
    data = load_dataset(str(example("openrlhf.yaml", "--set", f"output.format={form}")), "default", split="train")
    assert data.column_names == ["prompt", "chosen", "rejected", "margin"]
    assert len(data) == 72
    for row in data:
        for side in (row["chosen"], row["rejected"]):
            messages = row["prompt"] + side
            assert [message["role"] for message in messages] == ["user", "assistant"]
            assert all(isinstance(message["content"], str) for message in messages)
        assert row["margin"] > 0.19


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_list_for_llama_factory_leads_to_the_files_and_is_no_data(example, form):
    """LLaMA-Factory gives the file of an entry to `load_dataset`, and the columns that the entry names to a converter."""
    shape = ("--set", "output.shape=llama-factory/preference", "--set", f"output.format={form}")
    out = example("openrlhf.yaml", *shape)
    (entry,) = json.loads((out / "dataset_info.json").read_text(encoding="utf-8")).values()
    assert entry["formatting"] == "sharegpt" and entry["ranking"] is True
    builder = {"jsonl": "json", "parquet": "parquet"}[form]
    listed = load_dataset(builder, data_files=[str(out / entry["file_name"])], split="train")
    assert set(listed.column_names) == set(entry["columns"].values())
    tags = entry["tags"]
    for row in listed:
        messages = row[entry["columns"]["messages"]] + [row[entry["columns"][side]] for side in ("chosen", "rejected")]
        roles = [message[tags["role_tag"]] for message in messages]
        assert roles == [tags["user_tag"], tags["assistant_tag"], tags["assistant_tag"]]
        assert all(isinstance(message[tags["content_tag"]], str) for message in messages)
    assert sorted(get_dataset_config_names(str(out))) == ["default", "overflow"]
    folder = load_dataset(str(out), "default")
    assert list(folder) == ["train"]
    assert folder["train"].to_list() == listed.to_list()


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_every_shape_is_a_config_with_the_same_rows(example, form):
    shapes = "output.shape=[dpo: trl/preference, llama-factory/preference, nemo: nemo-rl/preference]"
    out = example("openrlhf.yaml", "--set", shapes, "--set", f"output.format={form}")
    names = ["dpo", "llama-factory-preference", "nemo"]
    assert get_dataset_config_names(str(out)) == [*names, "overflow"]
    dpo, llama, nemo = (load_dataset(str(out), name, split="train") for name in names)
    assert load_dataset(str(out), split="train").column_names == dpo.column_names
    assert len(dpo) == len(llama) == len(nemo) == 72
    for one, two, three in zip(dpo, llama, nemo):
        assert one["chosen"][-1] == two["chosen"] and one["rejected"][-1] == two["rejected"]
        assert one["chosen"][-1]["content"] == three["chosen"]
    listed = json.loads((out / "dataset_info.json").read_text(encoding="utf-8"))
    assert [entry["file_name"].split("/")[0] for entry in listed.values()] == ["llama-factory-preference"]
    assert list(listed) == ["llama-factory-preference-train"]


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_folder_that_was_made_anew_is_read_anew(unskew, tmp_path, form):
    """`datasets` remembers folders by their names and what their cards say of them."""
    recipe = tmp_path / "shuffled.yaml"
    content = {"name": "shuffled", "source": str(ROLLOUTS), "stages": [{"order": {"shuffle": True}}]}
    recipe.write_text(json.dumps({**content, "output": {"format": form}}), encoding="utf-8")
    orders = []
    for seed in (1, 2):
        unskew("run", recipe, "--out", "out", "--seed", seed, "--quiet")
        orders.append(load_dataset(str(tmp_path / "out"), split="train")["id"][:])
        (file,) = (tmp_path / "out/data").iterdir()
        written = pq.read_table(file).to_pylist() if form == "parquet" else map(json.loads, file.open(encoding="utf-8"))
        assert orders[-1] == [row["id"] for row in written]
    assert orders[0] != orders[1]
