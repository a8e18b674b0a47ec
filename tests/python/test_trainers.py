"""Results, given to the code with which trainers read them, told what unskew says that they must be told."""

import argparse
import ast
import copy
import json
import os
import re
import shlex
from abc import abstractmethod
from dataclasses import dataclass, fields
from datetime import datetime
from types import SimpleNamespace

import datasets
import numpy
import pandas
import pytest
import yaml
from taken import source, take, text

pytest.importorskip("trl", reason="TRL needs Python 3.11")

from enum import StrEnum, unique

LISTS = {"prompt": "responses_create_params.input", "completion": "response.output"}
MORE = {"label": "reward >= 0.5", "answer": "response.output[0].content", "data_source": "'rollouts'"}
PAIRS = {"columns": {**LISTS, "score": "reward"}, "stages": [{"pair": {"per": "prompt", "min_gap": 0.2}}]}
ROWS = {"columns": LISTS | MORE, "stages": [{"kto": {"label": "label", "keep": "all"}}]}

# `datasets` makes keys of its cache by pickling functions, which works for those that were taken, too.
pytestmark = pytest.mark.filterwarnings("ignore::dill.PicklingWarning")

formats = pytest.mark.parametrize("form", ["jsonl", "parquet"])


def told(result, about):
    """What is to be set about something, or nothing where nothing helps."""
    (setting,) = [setting for setting in result.report["settings"] if setting["about"] == about]
    return setting.get("set")


def spoken(messages):
    """What the chat template makes of messages."""
    return "".join(f"<|{message['role']}|>{message['content']}<|end|>" for message in messages)


def files(result):
    """The files of a result."""
    return [str(file) for file in sorted((result.folder / "data").iterdir())]


def conversations(made, tmp_path):
    """A file of whole conversations."""
    file = tmp_path / "conversations.jsonl"
    made("nemo-rl/sft", **ROWS).rows.to_json(file)
    return file


def openrlhf(program, options, tokenizer):
    """What a program of OpenRLHF understands by its options."""
    parser = argparse.ArgumentParser()
    for node in ast.walk(source("openrlhf", f"openrlhf/cli/{program}.py")):
        added = isinstance(node, ast.Call) and ast.unparse(node.func) == "parser.add_argument"
        if added and isinstance(node.args[0], ast.Constant):
            scope = {"parser": parser, "datetime": datetime}
            eval(compile(ast.Expression(node), program, "eval"), scope)
    understood = vars(parser.parse_args(shlex.split(options)))
    understood["data.apply_chat_template"] = understood["data.apply_chat_template"] and tokenizer.apply_chat_template
    names = ["input_key", "output_key", "label_key", "prompt_key", "chosen_key", "rejected_key", "apply_chat_template"]
    return {name: understood[f"data.{name}"] for name in names if f"data.{name}" in understood}


@formats
def test_openrlhf_tells_prompts_from_answers(made, tokenizer, form):
    result = made("openrlhf/sft", form=form, **ROWS)
    assert told(result, "order") is None
    options = openrlhf("train_sft", told(result, "columns"), tokenizer)
    (read,) = take("openrlhf", "openrlhf/datasets/sft_dataset.py", "preprocess_data")
    for row in result.rows:
        prompt, response = read(row, **options)
        assert prompt == spoken(row["input"]) + "<|assistant|>"
        assert response == row["output"][0]["content"] + "<|end|>"


@formats
def test_openrlhf_reads_conversations(made, tokenizer, tmp_path, form):
    result = made("openrlhf/sft", {}, form=form, source=conversations(made, tmp_path))
    options = openrlhf("train_sft", told(result, "columns"), tokenizer)
    (read,) = take("openrlhf", "openrlhf/datasets/sft_dataset.py", "preprocess_data")
    for row in result.rows:
        prompt, response = read(row, **options)
        assert prompt == spoken(row["messages"][:1]) + "<|assistant|>"
        assert response == row["messages"][1]["content"] + "<|end|>"


@formats
def test_openrlhf_reads_prompts_and_labels(made, tokenizer, form):
    result = made("openrlhf/prompt", form=form, **ROWS)
    options = openrlhf("train_ppo_ray", told(result, "columns"), tokenizer)
    names = ("_str_to_content_list", "preprocess_data")
    _, read = take("openrlhf", "openrlhf/datasets/prompts_dataset.py", *names, copy=copy)
    for row in result.rows:
        assert read(row, **options) == (spoken(row["prompt"]) + "<|assistant|>", row["label"])
    # It reads this column, whatever it is told.
    assert set(result.rows["datasource"]) == {"rollouts"}


@formats
@pytest.mark.parametrize("program", ["train_dpo", "train_rm"])
def test_openrlhf_reads_preferences(made, tokenizer, program, form):
    result = made("openrlhf/preference", form=form, **PAIRS)
    options = openrlhf(program, told(result, "columns"), tokenizer)
    (is_there,) = take("openrlhf", "openrlhf/datasets/utils.py", "exist_and_not_none")
    file = "openrlhf/datasets/reward_dataset.py"
    (read,) = take("openrlhf", file, "preprocess_data", exist_and_not_none=is_there)
    for row in result.rows:
        prompt, chosen, rejected, margin = read(row, is_dpo=program == "train_dpo", **options)
        assert prompt + chosen == spoken(row["prompt"] + row["chosen"])
        assert prompt + rejected == spoken(row["prompt"] + row["rejected"])
        assert margin == row["margin"] > 0.19


@formats
@pytest.mark.parametrize("program", ["train_dpo", "train_rm"])
def test_openrlhf_reads_dialogues_as_they_are(made, tokenizer, tmp_path, program, form):
    sides = {"chosen": "\n\nHuman: 1 + 1?\n\nAssistant: 2", "rejected": "\n\nHuman: 1 + 1?\n\nAssistant: 3"}
    file = tmp_path / "dialogues.jsonl"
    file.write_text((json.dumps(sides) + "\n") * 3, encoding="utf-8")
    result = made("openrlhf/preference", {}, form=form, source=file)
    assert "columns" not in {setting["about"] for setting in result.report["settings"]}
    options = openrlhf(program, "", tokenizer)
    (is_there,) = take("openrlhf", "openrlhf/datasets/utils.py", "exist_and_not_none")
    (read,) = take("openrlhf", "openrlhf/datasets/reward_dataset.py", "preprocess_data", exist_and_not_none=is_there)
    for row in result.rows:
        prompt, *read_sides, _ = read(row, is_dpo=program == "train_dpo", **options)
        assert [prompt + side for side in read_sides] == [sides["chosen"], sides["rejected"]]


def verl(config, *changes):
    """The `data` of a configuration of verl after changes, of which none may add a key."""
    tree = yaml.safe_load(text("verl", f"verl/trainer/config/{config}.yaml"))
    for change in shlex.split(" ".join(changes)):
        path, value = change.split("=")
        part, key = path.split(".")
        assert key in tree[part]
        tree[part][key] = yaml.safe_load(value)
    return tree["data"]


def test_verl_reads_conversations(made, tokenizer):
    result = made("verl/sft", form="parquet", **ROWS)
    assert told(result, "order") is None
    data = verl("sft_trainer_engine", told(result, "columns"))
    (plain,) = take("verl", "verl/utils/py_functional.py", "convert_nested_value_to_list_recursive", np=numpy)
    (ids,) = take("verl", "verl/utils/tokenizer/tokenizer.py", "normalize_token_ids")
    name = "extract_system_prompt_and_generation"
    (prompts,) = take("verl", "verl/utils/tokenizer/chat_template.py", name, normalize_token_ids=ids)
    scope = {"pd": pandas, "np": numpy, name: prompts, "convert_nested_value_to_list_recursive": plain}
    names = ("MultiTurnSFTDataset._read_files_and_process", "MultiTurnSFTDataset._build_messages")
    read, build = take("verl", "verl/utils/dataset/multiturn_sft_dataset.py", *names, **scope)
    itself = SimpleNamespace(image_key="images", video_key="videos", tokenizer=tokenizer, processor=None, **data)
    itself.parquet_files, itself.max_samples = files(result), -1
    read(itself)
    assert itself.messages == list(result.rows["messages"])
    for place, row in enumerate(result.rows):
        assert build(itself, itself.dataframe.iloc[place].to_dict()) == row["messages"]


@formats
@pytest.mark.parametrize("answer", [MORE["answer"], "reward", "reward * 10", "reward > 0.5"])
def test_verl_reads_prompts_and_answers(made, form, answer):
    result = made("verl/rl", LISTS | MORE | {"answer": answer}, form=form)
    data = verl("_generated_ppo_trainer", told(result, "columns"))
    names = ("RLHFDataset._read_files_and_tokenize", "RLHFDataset._build_messages")
    read, build = take("verl", "verl/utils/dataset/rl_dataset.py", *names, datasets=datasets, np=numpy)
    itself = SimpleNamespace(maybe_filter_out_long_prompts=lambda rows: rows, processor=None, **data)
    itself.data_files, itself.max_samples = files(result), -1
    read(itself)
    assert itself.dataframe.to_list() == result.rows.to_list()
    for row in itself.dataframe:
        assert [message["role"] for message in build(itself, row, key=data["prompt_key"])] == ["user"]
        assert row[data["reward_fn_key"]] == "rollouts"
        assert row["reward_model"]["style"] == "rule" and isinstance(row["reward_model"]["ground_truth"], str)


def test_verl_keeps_the_order(made):
    result = made("verl/rl", **ROWS)
    assert verl("_generated_ppo_trainer", told(result, "columns"), told(result, "order"))["shuffle"] is False


def llama_factory(result, split="train"):
    """What LLaMA-Factory makes of a file of a result, by its list."""
    constants = ("DATA_CONFIG", "FILEEXT2TYPE")
    names, types = take("llamafactory", "llamafactory/extras/constants.py", *constants)
    base = "llamafactory/data"
    scope = {"dataclass": dataclass, "os": os, "json": json}
    _, listed = take("llamafactory", f"{base}/parser.py", "DatasetAttr", "get_dataset_list", DATA_CONFIG=names, **scope)
    (roles,) = take("llamafactory", f"{base}/data_utils.py", "Role", StrEnum=StrEnum, unique=unique)
    classes = ("DatasetConverter", "AlpacaDatasetConverter", "SharegptDatasetConverter", "OpenAIDatasetConverter")
    functions = ("DATASET_CONVERTERS", "get_dataset_converter", "align_dataset")
    logger = SimpleNamespace(info_rank0=print, warning_rank0=pytest.fail)
    scope |= {"Role": roles, "abstractmethod": abstractmethod, "logger": logger}
    *_, align = take("llamafactory", f"{base}/converter.py", *classes, *functions, **scope)
    scope |= {"FILEEXT2TYPE": types, "load_dataset": datasets.load_dataset, "align_dataset": align}
    (load,) = take("llamafactory", f"{base}/loader.py", "_load_single_dataset", **scope)
    (entry,) = listed([split], str(result.folder))
    model = SimpleNamespace(cache_dir=None, hf_hub_token=None)
    data = SimpleNamespace(dataset_dir=str(result.folder), streaming=False, preprocessing_num_workers=None)
    data.overwrite_cache, data.max_samples = True, None
    return load(entry, model, data, SimpleNamespace(local_process_index=0)).to_list()


@formats
def test_llama_factory_reads_conversations(made, form):
    result = made("llama-factory/sft", form=form, **ROWS)
    for row, read in zip(result.rows, llama_factory(result), strict=True):
        assert read["_prompt"] + read["_response"] == row["messages"]
        assert read["_system"] == ""


@formats
@pytest.mark.parametrize("role", ["tool", "observation"])
def test_llama_factory_reads_what_tools_say(made, tmp_path, form, role):
    names = ("role", "content") if role == "tool" else ("from", "value")
    said = [("user", "How warm is it in Oslo?"), ("assistant", "weather(Oslo)"), (role, "7"), ("assistant", "7 degrees.")]
    file = tmp_path / "tools.jsonl"
    file.write_text(json.dumps({"messages": [dict(zip(names, one)) for one in said]}) + "\n", encoding="utf-8")
    result = made("llama-factory/sft", {}, form=form, source=file)
    (read,) = llama_factory(result)
    spoken = [(message["role"], message["content"]) for message in read["_prompt"] + read["_response"]]
    assert spoken == [(who.replace("tool", "observation"), text) for who, text in said]


@formats
def test_llama_factory_tells_chosen_from_rejected(made, form):
    result = made("llama-factory/preference", form=form, **PAIRS)
    for row, read in zip(result.rows, llama_factory(result), strict=True):
        assert read["_prompt"] == row["messages"]
        assert read["_response"] == [row["chosen"], row["rejected"]]


@formats
def test_llama_factory_tells_labels_apart(made, form):
    result = made("llama-factory/kto", form=form, **ROWS)
    for row, read in zip(result.rows, llama_factory(result), strict=True):
        prompt, answer = row["messages"]
        nothing = {"role": "assistant", "content": ""}
        assert read["_prompt"] == [prompt]
        assert read["_response"] == ([answer, nothing] if row["label"] else [nothing, answer])


@pytest.mark.parametrize("shape", ["trl/kto", "llama-factory/kto"])
def test_weights_are_told_whatever_the_rows_are_mixed_by(made, shape):
    columns = LISTS | MORE | {"task": "metadata.task_type"}  # the label is an expression
    by_task = [{"batch": {"by": "task", "each": 2}}]
    for stages in ((), by_task):
        assert len(re.findall(r"\w+_weight [0-9]", told(made(shape, columns, stages=stages), "weights"))) == 2


def test_settings_of_llama_factory_are_its_own(made):
    result = made("llama-factory/kto", **ROWS)
    file = source("llamafactory", "llamafactory/hparams/finetuning_args.py")
    own = {ast.unparse(node.target) for node in ast.walk(file) if isinstance(node, ast.AnnAssign)}
    assert list(yaml.safe_load(told(result, "order")).items()) == [("disable_shuffling", True)]
    weights = re.findall(r"\w+_weight", told(result, "weights"))
    assert len(weights) == 2 and {"disable_shuffling", *weights} <= own


@pytest.mark.parametrize(
    ("shape", "name"), [("trl/sft", "SFTConfig"), ("trl/kto", "KTOConfig"), ("trl/prompt-only", "GRPOConfig")]
)
def test_settings_of_trl_are_its_own(made, shape, name):
    import trl

    own = {field.name: field for field in fields(getattr(trl, name))}
    result = made(shape, **ROWS)
    (order,) = ast.parse(f"{name}({told(result, 'order')})").body[0].value.keywords
    assert ast.literal_eval(order.value) in own[order.arg].metadata.get("choices", [True, False])
    if shape == "trl/kto":
        weights = re.findall(r"\w+_weight", told(result, "weights"))
        assert len(weights) == 2 and set(weights) <= set(own)
