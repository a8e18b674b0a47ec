"""Prints the rollouts that the examples use: 150 prompts, four answers each, far more mathematics than anything else."""

import json
import sys
from random import Random

SHARES = {"math": 87, "coding": 33, "search": 18, "writing": 8, None: 4}
SKILLS = {"math": 0.75, "coding": 0.55, "search": 0.6, "writing": 0.7, None: 0.5}
ANSWERS = 4
PLACES = ["Oslo", "Lima", "Accra", "Hanoi", "Quito", "Riga", "Tunis", "Perth", "Izmir"]
NAMES = ["total", "scores", "names", "prices", "lines", "words", "dates", "codes", "marks"]
VERBS = ["sort", "reverse", "count", "filter", "sum", "merge", "split"]
FACTS = ["population", "area", "founding year", "highest point", "main river"]

# Only random() is promised to give the same numbers in every release of Python.
chance = Random(42).random


def below(limit):
    return int(chance() * limit)


def pick(items):
    return items[below(len(items))]


def math(number, quality):
    """A product: right and explained, right, a near miss, or wrong."""
    a, b = 12 + number, 13 + 7 * number % 80
    prompt = f"What is {a} × {b}? Show how you get there."
    parts = f"{a} × {b} = {a} × {b // 10 * 10} + {a} × {b % 10}"
    if quality > 0.6:
        return prompt, f"{parts} = {a * b}.", 1.0
    if quality > 0.45:
        return prompt, f"{a * b}", 0.6
    if quality > 0.3:
        return prompt, f"{parts} = {a * b + 10}.", 0.2
    return prompt, f"{a * b + 1 + below(500)}", 0.0


def coding(number, quality):
    """A function, rewarded by the share of its five tests that pass."""
    verb, name = VERBS[number % len(VERBS)], NAMES[number // len(VERBS) % len(NAMES)]
    passed = min(5, int(quality * 6))
    body = f"def {verb}_{name}({name}):\n    return {verb}({name}, strict={passed == 5})"
    return f"Write a Python function that can {verb} {name}.", body, passed / 5


def search(number, quality):
    """A fact, rewarded by being right and by naming its source."""
    fact, place = FACTS[number % len(FACTS)], PLACES[number // len(FACTS) % len(PLACES)]
    value = 1000 + below(9000)
    text = f"The {fact} of {place} is {value}"
    if quality > 0.5:
        return f"Find the {fact} of {place}.", f"{text}, according to its city office.", 0.9
    return f"Find the {fact} of {place}.", f"{text}.", 0.5 if quality > 0.3 else 0.1


def writing(number, quality):
    """A line of advertising, rewarded by a judge."""
    place = PLACES[number % len(PLACES)]
    text = f"{place}: {pick(['quiet', 'bright', 'old', 'windy'])} streets, {pick(['warm', 'salty', 'slow'])} evenings."
    return f"Write one line that invites people to {place}.", text, round(0.2 + 0.8 * quality, 2)


def talk(number, quality):
    """Small talk, which nobody gave a task type."""
    return (
        f"Tell me something nice about the number {number + 3}.",
        f"{number + 3} is in good company.",
        round(quality, 2),
    )


MAKERS = {"math": math, "coding": coding, "search": search, "writing": writing, None: talk}


def rollouts():
    """Every row, prompt by prompt."""
    for task, prompts in SHARES.items():
        for number in range(prompts):
            skill = SKILLS[task] + 0.5 * (chance() - 0.5)
            for _ in range(ANSWERS):
                quality = min(1.0, max(0.0, skill + 0.6 * (chance() - 0.5)))
                prompt, answer, reward = MAKERS[task](number, quality)
                row = {
                    "responses_create_params": {"input": [{"role": "user", "content": prompt}]},
                    "response": {"output": [{"role": "assistant", "content": answer}]},
                    "reward": reward,
                }
                # Half of the rows without a type have metadata all the same.
                if task or chance() < 0.5:
                    row["metadata"] = {"task_type": task} if task else {"annotator": "b"}
                yield row


def main():
    """Prints the rows in the order in which they came in: at random."""
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    rows = sorted(((chance(), number, row) for number, row in enumerate(rollouts())), key=lambda item: item[:2])
    for number, (_, _, row) in enumerate(rows):
        print(json.dumps({"id": f"rollout-{number:03}", **row}, ensure_ascii=False))


if __name__ == "__main__":
    main()
