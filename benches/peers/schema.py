"""The rollouts' schema, as the engines that want one in advance spell it."""

DUCKDB = {
    "id": "VARCHAR",
    "responses_create_params": (
        "STRUCT(input STRUCT(role VARCHAR, content VARCHAR)[], temperature DOUBLE, max_output_tokens BIGINT)"
    ),
    "response": (
        "STRUCT(id VARCHAR, model VARCHAR,"
        " output STRUCT(type VARCHAR, role VARCHAR, content STRUCT(type VARCHAR, text VARCHAR)[])[],"
        " usage STRUCT(input_tokens BIGINT, output_tokens BIGINT))"
    ),
    "reward": "DOUBLE",
    "metadata": "STRUCT(task_type VARCHAR, domain VARCHAR, prompt_id BIGINT, attempt BIGINT)",
}


def polars_schema() -> dict:
    """The same for Polars, imported only by the scripts that use it."""
    from polars import Float64, Int64, List, String, Struct

    message = Struct({"role": String, "content": String})
    part = Struct({"type": String, "text": String})
    output = Struct({"type": String, "role": String, "content": List(part)})
    usage = Struct({"input_tokens": Int64, "output_tokens": Int64})
    return {
        "id": String,
        "responses_create_params": Struct({"input": List(message), "temperature": Float64, "max_output_tokens": Int64}),
        "response": Struct({"id": String, "model": String, "output": List(output), "usage": usage}),
        "reward": Float64,
        "metadata": Struct({"task_type": String, "domain": String, "prompt_id": Int64, "attempt": Int64}),
    }


def datasets_features():
    """The same for `datasets`, which would otherwise store a column named `metadata` as JSON text."""
    from datasets import Features, List, Value

    text, number, real = Value("string"), Value("int64"), Value("float64")
    part = {"type": text, "text": text}
    output = {"type": text, "role": text, "content": List(part)}
    usage = {"input_tokens": number, "output_tokens": number}
    return Features(
        {
            "id": text,
            "responses_create_params": {
                "input": List({"role": text, "content": text}),
                "temperature": real,
                "max_output_tokens": number,
            },
            "response": {"id": text, "model": text, "output": List(output), "usage": usage},
            "reward": real,
            "metadata": {"task_type": text, "domain": text, "prompt_id": number, "attempt": number},
        }
    )
