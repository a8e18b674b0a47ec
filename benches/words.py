"""Varied text for the generated rollouts: sentences of invented words, code, formulas, other scripts."""

import itertools
import random

SYLLABLES = ("ka ro mi ten sul var del pri on ac th er in qu al bo ri est um ling for den par mo se con tra").split()
FOREIGN = ["naïve façade", "größer als", "数学の問題", "ответ равен", "señal débil", "α ≤ β → γ", "résumé 🙂", "정답은"]
DOMAINS = ["algebra", "geometry", "graphs", "strings", "news", "travel", "biology", "law", "logic", "finance"]


class Pool:
    """A block's own vocabulary, from whose words every sentence is put together anew."""

    def __init__(self, chance: random.Random) -> None:
        """Invents words whose frequency falls with their rank, as in natural text."""
        self.chance = chance
        self.words = ["".join(chance.choices(SYLLABLES, k=chance.randrange(1, 5))) for _ in range(3_000)]
        self.weights = list(itertools.accumulate(1 / (rank + 10) for rank in range(len(self.words))))

    def sentence(self) -> str:
        """One sentence, sometimes quoted after some words in another script."""
        drawn = self.chance.choices(self.words, cum_weights=self.weights, k=6 + int(16 * self.chance.random()))
        text = " ".join(drawn).capitalize()
        if self.chance.random() < 0.06:
            return f'{self.chance.choice(FOREIGN)}: "{text}."'
        return f"{text}."

    def question(self, task: str) -> str:
        """What the user asks."""
        body = " ".join(self.sentence() for _ in range(3))
        return f"[{task}] {body}\nGive the answer as \\boxed{{…}}."

    def answer(self, task: str) -> str:
        """A response of some 1.4 KB on average: reasoning, then a formula or a piece of code."""
        steps = [f"{step}. {self.sentence()}" for step in range(1, self.chance.randrange(6, 23))]
        number = self.chance.randrange(1, 10**6)
        if task == "coding":
            name = self.chance.choice(self.words)
            steps.append(f"```python\ndef {name}(n):\n\treturn \"{number}\" if n > {number % 97} else '\\n'\n```")
        else:
            root = f"\\sqrt{{{number % 31}}}"
            steps.append(f"\\[ x_{{{number % 9}}} = \\frac{{{number}}}{{{root}}} \\]\n\\boxed{{{number}}}")
        return "\n".join(steps)
