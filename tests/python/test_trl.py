"""Results, given to the code with which TRL prepares what it trains on."""

import json
from contextlib import nullcontext
from itertools import chain, islice
from types import SimpleNamespace

import pytest
from taken import take

pytest.importorskip("trl", reason="TRL needs Python 3.11")

from transformers.utils import logging
from trl import data_utils

TEXTS = {"prompt": "responses_create_params.input[0].content", "completion": "response.output[0].content"}
LISTS = {"prompt": "responses_create_params.input", "completion": "response.output"}
PAIRS = [{"pair": {"per": "prompt", "min_gap": 0.2}}]
MORE = {"label": "reward >= 0.5", "score": "reward"}
SHAPES = {
    "trl/sft": ["prompt", "completion"],
    "trl/prompt-completion": ["prompt", "completion"],
    "trl/prompt-only": ["prompt"],
    "trl/preference": ["prompt", "chosen", "rejected"],
    "trl/kto": ["prompt", "completion", "label"],
}

either = pytest.mark.parametrize("columns", [TEXTS, LISTS], ids=["texts", "lists"])


def prepare(trainer, dataset, tokenizer, **changes):
    """What a trainer of TRL makes of the rows that it trains on."""
    scope = {**vars(data_utils), "json": json, "logger": logging.get_logger("trl")}
    # There is one process alone, and so none that waits for another.
    scope["global_then_local_main_first"] = nullcontext
    name = f"{trainer.upper()}Trainer._prepare_dataset"
    (method,) = take("trl", f"trl/trainer/{trainer}_trainer.py", name, **scope)
    settings = SimpleNamespace(
        dataset_num_proc=None,
        max_length=1024,
        truncation_mode="keep_start",
        shuffle_dataset=False,
        dataset_text_field="text",
        assistant_only_loss=False,
        per_device_train_batch_size=2,
    )
    itself = SimpleNamespace(
        _tokenizer=tokenizer,
        chat_template=None,
        completion_only_loss=True,
        calculate_KL=True,
        **{"desirable_weight": 1.0, "undesirable_weight": 1.0, **changes},
    )
    packing = {"packing": False, "formatting_func": None} if trainer == "sft" else {}
    return method(itself, dataset, tokenizer, settings, dataset_name="train", **packing)


def spoken(row, side):
    """The text that a trainer sees of a prompt and one side of a row."""
    if isinstance(row["prompt"], str):
        return row["prompt"] + row[side] + "<|end|>"
    messages = row["prompt"] + row[side]
    return "".join(f"<|{message['role']}|>{message['content']}<|end|>" for message in messages)


def answer(row, side):
    """The text that a trainer learns of it."""
    return (row[side] if isinstance(row[side], str) else row[side][0]["content"]) + "<|end|>"


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
@either
@pytest.mark.parametrize("shape", SHAPES)
def test_the_type_of_rows_is_known(made, tokenizer, shape, columns, form):
    stages = PAIRS if shape == "trl/preference" else ()
    rows = made(shape, columns | MORE, form=form, stages=stages).rows
    assert rows.column_names == SHAPES[shape]
    assert len(rows) == (100 if stages else 600)
    for row in rows:
        assert data_utils.is_conversational(row) is (columns is LISTS)
        assert not data_utils.is_conversational_from_value(row)
        assert data_utils.maybe_extract_prompt(row) == row
        text = data_utils.maybe_apply_chat_template(row, tokenizer)
        if columns is LISTS:
            assert text["prompt"] == f"<|user|>{row['prompt'][0]['content']}<|end|><|assistant|>"
            sides = [side for side in ("completion", "chosen", "rejected") if side in row]
            assert [text[side] for side in sides] == [answer(row, side) for side in sides]
            assert text.get("label") == row.get("label")
        else:
            assert text == row


@either
def test_completions_are_learnt_and_prompts_are_not(made, tokenizer, columns):
    rows = made("trl/sft", columns).rows
    ready = prepare("sft", rows, tokenizer)
    assert len(ready) == len(rows) == 600
    for row, tokens in zip(rows, ready, strict=True):
        assert tokenizer.decode(tokens["input_ids"]) == spoken(row, "completion")
        learnt = [token for token in tokens["labels"] if token != -100]
        assert tokenizer.decode(learnt) == answer(row, "completion")


@either
def test_sides_of_pairs_are_told_apart(made, tokenizer, columns):
    rows = made("trl/preference", columns | MORE, stages=PAIRS).rows
    ready = prepare("dpo", rows, tokenizer)
    assert len(ready) == len(rows) == 100
    for row, tokens in zip(rows, ready, strict=True):
        for side in ("chosen", "rejected"):
            assert tokenizer.decode(tokens["prompt_ids"] + tokens[f"{side}_ids"]) == spoken(row, side)
            assert tokenizer.decode(tokens[f"{side}_ids"]) == answer(row, side)


@either
def test_batches_for_kto_have_both_labels(made, tokenizer, columns, caplog):
    rows = made("trl/kto", columns | MORE, stages=[{"kto": {"label": "label"}}]).rows
    ready = prepare("kto", rows, tokenizer)
    assert len(ready) == len(rows) > 70
    assert not caplog.records
    for row, tokens in zip(rows, ready, strict=True):
        assert tokenizer.decode(tokens["prompt_ids"] + tokens["completion_ids"]) == spoken(row, "completion")
    # What KTO compares a completion with is the other one of its batch.
    for one, other in zip(ready.select(range(0, len(ready), 2)), ready.select(range(1, len(ready), 2)), strict=True):
        assert one["label"] is not other["label"]
        assert one["KL_completion_ids"] == other["completion_ids"]


def test_weights_are_those_that_the_trainer_asks_for(made, tokenizer, caplog):
    result = made("trl/kto", TEXTS | MORE, stages=[{"kto": {"label": "label", "keep": "all"}}])
    rows = result.rows
    prepare("kto", rows, tokenizer)
    (warning,) = [record.getMessage() for record in caplog.records]
    (order,) = result.report["order"]
    ranges = {name: [round(bound, 2) for bound in order["weights"][name]] for name in ("desirable", "undesirable")}
    for name, (low, high) in ranges.items():
        assert f" {name}_weight in [{low}, {high}]" in warning
        caplog.clear()
        prepare("kto", rows, tokenizer, **{f"{name}_weight": (low + high) / 2})
        assert not caplog.records
        prepare("kto", rows, tokenizer, **{f"{name}_weight": high * 2})
        assert len(caplog.records) == 1


def test_conversations_are_read_whole_or_cut_before_the_answer(made, tokenizer, tmp_path):
    conversations = made("nemo-rl/sft", LISTS).rows
    source = tmp_path / "conversations.jsonl"
    conversations.to_json(source)
    whole = made("trl/sft", {}, source=source).rows
    assert whole.column_names == ["messages"]
    assert data_utils.is_conversational(whole[0])
    cut = made("trl/prompt-completion", {}, source=source).rows
    assert cut.to_list() == made("trl/sft", LISTS).rows.to_list()
    for row, tokens in zip(cut, prepare("sft", whole, tokenizer), strict=True):
        assert tokens["labels"] == tokens["input_ids"]
        assert tokenizer.decode(tokens["input_ids"]) == spoken(row, "completion")


@either
def test_prompts_inside_of_both_sides_are_found(made, tokenizer, tmp_path, columns):
    explicit = made("trl/preference", columns | MORE, stages=PAIRS).rows
    source = tmp_path / "implicit.jsonl"
    sides = ("chosen", "rejected")
    lines = [json.dumps({side: row["prompt"] + row[side] for side in sides}) for row in explicit]
    source.write_text("\n".join(lines), encoding="utf-8")
    implicit = made("trl/preference", {}, source=source).rows
    assert implicit.column_names == list(sides)
    if columns is LISTS:
        assert implicit.map(data_utils.maybe_extract_prompt).select_columns(explicit.column_names)[:] == explicit[:]
    for row, tokens in zip(explicit, prepare("dpo", implicit, tokenizer), strict=True):
        for side in sides:
            assert tokenizer.decode(tokens["prompt_ids"] + tokens[f"{side}_ids"]) == spoken(row, side)


@either
def test_pairs_are_taken_apart_into_the_same_rows(made, columns):
    named = {**columns, "score": "reward"}
    pairs = made("trl/preference", named, stages=PAIRS).rows
    theirs = data_utils.maybe_unpair_preference_dataset(pairs).select_columns(SHAPES["trl/kto"])
    ours = made("trl/kto", named, stages=[*PAIRS, {"unpair": {}}]).rows
    assert data_utils.maybe_unpair_preference_dataset(ours) is ours
    # TRL puts what was rejected after all that was chosen, where a batch would have one label alone.
    assert theirs["label"] == [True] * len(pairs) + [False] * len(pairs)
    assert ours["label"] == [True, False] * len(pairs)
    assert ours.to_list()[0::2] + ours.to_list()[1::2] == theirs.to_list()


def test_packing_loses_no_row_but_may_lose_the_order(made, tokenizer):
    rows = made("trl/sft", LISTS).rows
    ready = prepare("sft", rows, tokenizer).select_columns(["input_ids", "labels"])
    wrapped = data_utils.pack_dataset(ready, 1024, "wrapped")
    assert [*chain(*wrapped["input_ids"])] == [*chain(*ready["input_ids"])]
    packed = data_utils.pack_dataset(ready, 1024)
    unpacked = []
    for tokens, lengths in zip(packed["input_ids"], packed["seq_lengths"], strict=True):
        tokens = iter(tokens)
        unpacked += [list(islice(tokens, length)) for length in lengths]
    assert sorted(unpacked) == sorted(ready["input_ids"]) and unpacked != list(ready["input_ids"])
