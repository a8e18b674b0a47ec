"""A method and a function for each strategy; `cargo xtask generate` makes them of the strategies' own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from unskew._recipe import Recipe
    from unskew._run import Run


class Strategies:
    """What every recipe can do: a stage for each strategy."""

    def _stage(self, strategy: str, /, **options: Any) -> Recipe:
        raise NotImplementedError

    def batch(
        self,
        *,
        by: str | Sequence[str],
        each: int | Mapping[str, Any],
        epochs: int = 1,
        drop_last: bool = False,
        within: Literal["classes", "mixed"] = "classes",
        rows: Literal["repeated", "once"] = "repeated",
        column: str | None = None,
    ) -> Recipe:
        """Make batches with a given number of rows of each class.

        Puts rows in an order in which every batch holds a given number of rows of each class.

        In each epoch every row comes at least once, in new company. Classes that are too short for the number of
        batches are gone through again and again: within an epoch no row of a class comes more than once more often
        than another.

        Args:
            by: What makes two rows of the same class: an expression, or a list of several.
            each: How many rows of each class a batch holds: a number, or one for each class as in `{math: 3,
                coding: 1}`.
            epochs: How many times to go through the rows, each time in other batches.
            drop_last: Whether to leave out, in each epoch, the rows that do not fill a batch, instead of filling
                it up with rows that were there before.
            within: How rows stand in a batch.
            rows: How often rows are written.
            column: The name of a column to add, with the number of each row's batch, counted from 0.
        """
        return self._stage(
            "batch",
            **_said(
                {"epochs": 1, "drop_last": False, "within": "classes", "rows": "repeated"},
                by=by,
                each=each,
                epochs=epochs,
                drop_last=drop_last,
                within=within,
                rows=rows,
                column=column,
            ),
        )

    def cap(
        self,
        *,
        by: str | Sequence[str],
        max: int,
        pick: Literal["random", "first"] | Mapping[str, Any] = "random",
        weight: str | None = None,
    ) -> Recipe:
        """Keep at most N rows of each group.

        Keeps at most `max` rows of each group; smaller groups stay whole.

        A higher `max` keeps all rows that a lower one kept.

        Args:
            by: What makes two rows the same kind: an expression, or a list of several.
            max: How many rows of each kind to keep at most.
            pick: Which rows to keep.
            weight: What each row counts for instead of 1, such as `length(text)`; null counts for nothing. Rows
                are kept, in the order in which `pick` takes them, until the next one would go beyond `max`.
        """
        return self._stage("cap", **_said({"pick": "random"}, by=by, max=max, pick=pick, weight=weight))

    def dedup(
        self,
        *,
        by: str | Sequence[str],
        keep: Literal["random", "first"] | Mapping[str, Any] = "first",
        nulls: Literal["keep", "group"] = "keep",
    ) -> Recipe:
        """Keep one row of each group.

        Keeps one row of each group of rows that agree in `by`.

        Rows where all of `by` is null have nothing to agree in: all of them are kept, unless `nulls` says otherwise.

        Args:
            by: What makes two rows the same: an expression, or a list of several.
            keep: Which row to keep.
            nulls: What to do with rows where all of `by` is null.
        """
        return self._stage("dedup", **_said({"keep": "first", "nulls": "keep"}, by=by, keep=keep, nulls=nulls))

    def difficulty(
        self,
        *,
        of: str | None = None,
        per: str | Sequence[str] | None = None,
        score: str | None = None,
        metric: str | None = None,
        threshold: float | None = None,
        k: int | None = None,
        higher: Literal["easier", "harder"] | None = None,
        method: Literal["quantile", "rank"] | None = None,
        cuts: Mapping[str, Any] | None = None,
        buckets: int | Sequence[str] | None = None,
        ties: Literal["source", "random"] | None = None,
        missing: Literal["error", "drop", "zero"] | Mapping[str, Any] = "error",
        band: Mapping[str, Any] | None = None,
        column: str = "difficulty",
        score_column: str | None = None,
    ) -> Recipe:
        """Sort rows into buckets by difficulty.

        Sorts rows into buckets by difficulty, and adds two columns: the bucket, and the score it comes from.

        A row is scored by an expression (`metric`), by a list of scores in it (`of`), or together with all rows that
        agree in something (`per`). Buckets are levels: in every later stage they come in their order, empty ones too.

        Args:
            of: A list in each row whose items are its scores; best a name that `columns` gives to it.
            per: What rows agree in that are scored together, such as `prompt`: an expression, or a list of
                several. All of them get one score and one bucket.
            score: The score of a row, an expression; `score` unless it is given.
            metric: With `of` or `per`, what is made of several scores: `mean_reward` (the default), `max_reward`,
                `min_reward`, `variance`, `success_rate`, `pass_at_k`, `top_k_rate`, `inverse_mean`, or an
                expression over aggregates such as `0.7 * avg(score) + 0.3 * var(score)`. Without them, an
                expression of the row itself, such as `reward`.
            threshold: From which score on a row counts as a success; 0.5 unless it is given.
            k: With `pass_at_k`: how many are drawn. With `top_k_rate`: how many of the best are looked at.
            higher: What a high score means; `easier`, except for `variance` and `inverse_mean`.
            method: How buckets are made; `quantile` unless there are `cuts`.
            cuts: Scores at which buckets end: `{at_least: [0.8, 0.4]}` or `{at_most: [0.3, 0.7]}`.
            buckets: How many buckets there are (3 unless there are cuts), or a list of their names, in order.
            ties: With `method: rank`: which of equal scores goes first; `source` unless it is given.
            missing: What becomes of rows without a score.
            band: Which scores to keep: `{above: 0, below: 1}` drops what is never solved and what always is.
            column: The column for the buckets.
            score_column: The column for the scores; the other column's name with `_score` unless it is given.
        """
        return self._stage(
            "difficulty",
            **_said(
                {"missing": "error", "column": "difficulty"},
                of=of,
                per=per,
                score=score,
                metric=metric,
                threshold=threshold,
                k=k,
                higher=higher,
                method=method,
                cuts=cuts,
                buckets=buckets,
                ties=ties,
                missing=missing,
                band=band,
                column=column,
                score_column=score_column,
            ),
        )

    def kto(
        self,
        *,
        label: str,
        ratio: float | str | None = None,
        keep: Literal["balanced", "all"] = "balanced",
        pick: Literal["random", "first"] | Mapping[str, Any] | None = None,
        order: Literal["batches", "shuffle", "source"] = "batches",
        prompt: str | None = None,
        completion: str | None = None,
    ) -> Recipe:
        """Balance two labels, and mix them in every batch.

        Balances rows of two labels, desirable and undesirable, and puts them in an order in which batches hold both.

        The rows get a column `label` that is true for desirable rows and false for the others.

        Args:
            label: Which rows are desirable: an expression whose values are true and false, 1 and 0, 1 and -1, or
                such texts.
            ratio: How many desirable rows there are to be for each undesirable one: a number, or two as in `3:2`;
                1 without it.
            keep: Whether rows of the label that has too many are left out.
            pick: Which rows of the label that has too many are kept: `random` (the default), `first`, or the
                best, worst or weighted by an expression.
            order: In what order rows come.
            prompt: What neighbours are to differ in; without it, the column `prompt`, if there is one.
            completion: What neighbours are to differ in, too; without it, the column `completion`, if there is
                one.
        """
        return self._stage(
            "kto",
            **_said(
                {"keep": "balanced", "order": "batches"},
                label=label,
                ratio=ratio,
                keep=keep,
                pick=pick,
                order=order,
                prompt=prompt,
                completion=completion,
            ),
        )

    def mix(
        self,
        *,
        shares: Literal["equal"] | Mapping[str, Any],
        by: str | Sequence[str] | None = None,
        of: str = "rows",
        total: Literal["largest", "input"] | int = "largest",
        short: Literal["error", "accept", "shrink", "redistribute"] | Mapping[str, Any] = "error",
        pick: Literal["random", "first"] | Mapping[str, Any] = "random",
    ) -> Recipe:
        """Mix sources to given shares of rows or of a measure.

        Takes so many rows of each source that each has its share of the result.

        Shares are of rows or of what an expression measures. Every source that has rows needs a share, which may be
        0.

        Args:
            by: What is mixed: the sources, unless an expression (or a list of several) says otherwise.
            shares: Which share of the result each source gets: `{web: 0.7, books: 0.3}`, or `equal`.
            of: What shares are of: `rows` (the default), or the sum of an expression such as `length(text)`; null
                counts for nothing. A source's rows are taken, in the order of `pick`, until the next one would go
                beyond its share.
            total: How much is taken in all: `largest` (the default), `input`, or a number of rows or of what `of`
                measures.
            short: What to do when a source has less than its share.
            pick: Which rows of a source to take.
        """
        return self._stage(
            "mix",
            **_said(
                {"of": "rows", "total": "largest", "short": "error", "pick": "random"},
                shares=shares,
                by=by,
                of=of,
                total=total,
                short=short,
                pick=pick,
            ),
        )

    def order(
        self,
        *,
        source: bool = False,
        shuffle: bool = False,
        interleave: str | Sequence[str] | None = None,
        curriculum: str | None = None,
        levels: Literal["alphabetical"] | Sequence[str] | None = None,
        descending: bool = False,
    ) -> Recipe:
        """Put rows in order.

        Keeps all rows, and puts them in one of four orders.

        Args:
            source: `true`: as in the source.
            shuffle: `true`: by chance.
            interleave: So that every stretch of rows has the mix of the whole in this expression, or in a list of
                several.
            curriculum: By the value of this expression, lowest first; ties by chance, rows without a value last.
                Levels, such as those of `difficulty`, come in their order.
            levels: With `curriculum`, where it is text: which comes first, `[easy, medium, hard]`, or
                `alphabetical`.
            descending: With `curriculum`: highest first.
        """
        return self._stage(
            "order",
            **_said(
                {"source": False, "shuffle": False, "descending": False},
                source=source,
                shuffle=shuffle,
                interleave=interleave,
                curriculum=curriculum,
                levels=levels,
                descending=descending,
            ),
        )

    def pair(
        self,
        *,
        per: str | Sequence[str] | None = None,
        chosen: str | None = None,
        rejected: str | None = None,
        score: str = "score",
        match: Literal["mirror", "extremes", "all"] | None = None,
        min_gap: float = 0.0,
        max_gap: float | None = None,
        tolerance: float = 1e-09,
        per_row: Literal["all"] | int | None = None,
        text: str | None = None,
        length: str | None = None,
        max_length_ratio: float | None = None,
    ) -> Recipe:
        """Make pairs of a better and a worse row.

        Makes pairs of a better and a worse row: of the same prompt, or of rows that meet two conditions.

        Rows with equal scores or equal texts never make a pair. The column `reward_gap` says by how much the better
        row is better.

        Args:
            per: What both rows of a pair agree in, such as the prompt: an expression, or a list of several.
            chosen: Without `per`: a condition for better rows, such as `score >= 0.7`.
            rejected: Without `per`: a condition for worse rows, such as `score <= 0.4`.
            score: What makes a row better: an expression whose value is a number.
            match: With `per`: which rows are paired.
            min_gap: The least gap between the scores of a pair.
            max_gap: The largest gap between the scores of a pair.
            tolerance: How far gaps may be beyond their bounds, and how large a gap still counts as none: room for
                rounding.
            per_row: In how many pairs a row may be: a number, or `all`. With `match: all` the default is `all`,
                without `per` it is 1.
            text: What rows say: those that say the same make no pair. Without this, the column `completion`,
                where there is one.
            length: How long a row is, such as `length(completion)`.
            max_length_ratio: How many times as long as the other one row of a pair may be.
        """
        return self._stage(
            "pair",
            **_said(
                {"score": "score", "min_gap": 0.0, "tolerance": 1e-09},
                per=per,
                chosen=chosen,
                rejected=rejected,
                score=score,
                match=match,
                min_gap=min_gap,
                max_gap=max_gap,
                tolerance=tolerance,
                per_row=per_row,
                text=text,
                length=length,
                max_length_ratio=max_length_ratio,
            ),
        )

    def sample(
        self,
        *,
        n: int | None = None,
        fraction: float | None = None,
        by: str | Sequence[str] | None = None,
        weight: str | None = None,
        short: Literal["error", "accept"] = "error",
    ) -> Recipe:
        """Take some rows at random.

        Takes some rows at random, each once at most. Exactly one of `n` and `fraction` says how many.

        Without `by`, a higher number keeps all rows that a lower one kept.

        Args:
            n: How many rows to take.
            fraction: Which share of the rows to take, such as 0.1.
            by: Whose mix to keep: an expression, or a list of several. Each kind gets its share of the sample,
                within one row.
            weight: Take rows in proportion to this expression; rows without a weight, or with weight 0, are never
                taken.
            short: What to do when there are fewer rows than wanted.
        """
        return self._stage(
            "sample",
            **_said(
                {"short": "error"},
                n=n,
                fraction=fraction,
                by=by,
                weight=weight,
                short=short,
            ),
        )

    def split(
        self,
        *,
        by: str | Sequence[str] | None = None,
        phases: Literal["cumulative"] | None = None,
        train: float | None = None,
        validation: float | None = None,
        test: float | None = None,
        stratify: str | Sequence[str] | None = None,
        group: str | Sequence[str] | None = None,
        prefix: str = "",
    ) -> Recipe:
        """Send rows to splits.

        Sends rows to splits: one for each value of something, or `train`, `validation` and `test`. It keeps all rows,
        and what follows goes on in each split by itself.

        Args:
            by: A split for each value of this: an expression, or a list of several. Levels make one split each,
                in their order, empty ones too.
            phases: With `by`: `cumulative` makes the splits `phase_1`, `phase_2` and so on, each with the rows of
                its value and of all before it.
            train: How much goes to `train`: a share such as 0.9, or a whole number of rows; what the others
                leave, unless it is given.
            validation: How much goes to `validation`; without it there is none.
            test: How much goes to `test`; without it there is none.
            stratify: What every split is to have in the same shares: an expression, or a list of several.
            group: What rows agree in that must be in one split, such as `prompt`: an expression, or a list of
                several.
            prefix: What the splits' names begin with.
        """
        return self._stage(
            "split",
            **_said(
                {"prefix": ""},
                by=by,
                phases=phases,
                train=train,
                validation=validation,
                test=test,
                stratify=stratify,
                group=group,
                prefix=prefix,
            ),
        )

    def target(
        self,
        *,
        by: str | Sequence[str] | None = None,
        counts: Mapping[str, Any] | None = None,
        shares: Literal["equal"] | Mapping[str, Any] | None = None,
        ratio: Mapping[str, Any] | None = None,
        temperature: float | None = None,
        over: str | None = None,
        density: Mapping[str, Any] | None = None,
        bins: int | None = None,
        total: Literal["largest", "input"] | int = "largest",
        floor: int | None = None,
        rounding: Literal["largest", "floor"] | None = None,
        others: Literal["drop", "keep", "error"] | None = None,
        short: Literal["error", "accept", "shrink", "redistribute"] | Mapping[str, Any] = "error",
        pick: Literal["random", "first"] | Mapping[str, Any] = "random",
    ) -> Recipe:
        """Take a given number or share of each class.

        Takes a given number or share of each class, which may have a given distribution of an expression.

        Exactly one of `counts`, `shares`, `ratio` and `temperature` says how many; with `density` there may be none,
        and classes keep their proportions.

        Classes are named by their text: `math`, `true`, `3`, `null`; where `by` lists several expressions, by nested
        mappings: `{math: {easy: 100}}`. A class that no row is in is an error, unless `short` is `accept` or
        `redistribute`.

        Args:
            by: What makes two rows of the same class: an expression, or a list of several. With `density` it may
                be left out: then all rows are one class.
            counts: How many rows of each class: `{math: 3000, coding: 3000}`.
            shares: Which share of `total` each class gets: `{easy: 0.4, medium: 0.4, hard: 0.2}`, or `equal`.
            ratio: How classes relate: `{true: 1, false: 2}`.
            temperature: Shares in proportion to the size of each class to the power of 1 / temperature: 1 changes
                nothing, 2 takes the square root, more evens out.
            over: The number that has a `density` in each class, such as `pass_rate`.
            density: How the values of `over` are to be distributed: `{gaussian: {mean: 0.5, deviation: 0.15}}`,
                where the mean may move (`{from: 0.9, to: 0.1}`), `{beta: {alpha: 2, beta: 4}}` or `{band: {above:
                0, below: 1}}`.
            bins: With `density`: up to so many different values are a bin each; more are put into so many bins of
                equal width.
            total: What shares are shares of: `largest` (the default), `input`, or a number of rows.
            floor: At least so many rows of each class, as far as there are; the other classes give way.
            rounding: How shares become whole numbers.
            others: What happens to rows of classes that are not named.
            short: What to do when a class has fewer rows than wanted.
            pick: Which rows of a class to take.
        """
        return self._stage(
            "target",
            **_said(
                {"total": "largest", "short": "error", "pick": "random"},
                by=by,
                counts=counts,
                shares=shares,
                ratio=ratio,
                temperature=temperature,
                over=over,
                density=density,
                bins=bins,
                total=total,
                floor=floor,
                rounding=rounding,
                others=others,
                short=short,
                pick=pick,
            ),
        )

    def unpair(
        self,
    ) -> Recipe:
        """Make single rows of pairs.

        Makes two rows of each pair, the better one first, with a column `label` that is true for the better ones.
        """
        return self._stage("unpair")

    def weigh(
        self,
        *,
        by: str | Sequence[str],
        shares: Literal["equal"] | Mapping[str, Any] | None = None,
        temperature: float | None = None,
        column: str = "weight",
    ) -> Recipe:
        """Weigh rows by class instead of dropping them.

        Keeps all rows, and adds a column with a weight for each, so that the weights of each class add up to its
        share.

        The mean of all weights is 1. Without `shares` and `temperature` every class weighs the same: a row's weight
        is in inverse proportion to the size of its class.

        Args:
            by: What makes two rows of the same class: an expression, or a list of several.
            shares: Which share of the whole weight each class gets: `{easy: 0.4, medium: 0.4, hard: 0.2}`, or
                `equal`, the default.
            temperature: Shares in proportion to the size of each class to the power of 1 / temperature: 1 weighs
                all rows alike, more evens classes out.
            column: What the column of weights is called.
        """
        return self._stage(
            "weigh",
            **_said(
                {"column": "weight"},
                by=by,
                shares=shares,
                temperature=temperature,
                column=column,
            ),
        )


def _apply(strategy: str, dataset: Any, overrides: dict[str, Any], **options: Any) -> Run:
    """Runs one strategy."""
    from unskew._recipe import source
    from unskew._run import run

    return run(source(dataset).named(strategy)._stage(strategy, **options), **overrides)


def _said(defaults: Mapping[str, Any], /, **options: Any) -> dict[str, Any]:
    """The options that say something: a default that is left out means the same, and keeps the recipe short."""
    return {name: value for name, value in options.items() if value != defaults.get(name)}


def batch(
    dataset: Any,
    /,
    *,
    by: str | Sequence[str],
    each: int | Mapping[str, Any],
    epochs: int = 1,
    drop_last: bool = False,
    within: Literal["classes", "mixed"] = "classes",
    rows: Literal["repeated", "once"] = "repeated",
    column: str | None = None,
    **overrides: Any,
) -> Run:
    """Make batches with a given number of rows of each class.

    Puts rows in an order in which every batch holds a given number of rows of each class.

    In each epoch every row comes at least once, in new company. Classes that are too short for the number of
    batches are gone through again and again: within an epoch no row of a class comes more than once more often
    than another.

    Args:
        dataset: Where rows come from: a path, or what is in memory, as for `unskew.source`.
        by: What makes two rows of the same class: an expression, or a list of several.
        each: How many rows of each class a batch holds: a number, or one for each class as in `{math: 3,
            coding: 1}`.
        epochs: How many times to go through the rows, each time in other batches.
        drop_last: Whether to leave out, in each epoch, the rows that do not fill a batch, instead of filling
            it up with rows that were there before.
        within: How rows stand in a batch.
        rows: How often rows are written.
        column: The name of a column to add, with the number of each row's batch, counted from 0.
        overrides: What else there is to say, as for `unskew.run`: `seed=1`, `out="balanced"`.
    """
    return _apply(
        "batch",
        dataset,
        overrides,
        **_said(
            {"epochs": 1, "drop_last": False, "within": "classes", "rows": "repeated"},
            by=by,
            each=each,
            epochs=epochs,
            drop_last=drop_last,
            within=within,
            rows=rows,
            column=column,
        ),
    )


def cap(
    dataset: Any,
    /,
    *,
    by: str | Sequence[str],
    max: int,
    pick: Literal["random", "first"] | Mapping[str, Any] = "random",
    weight: str | None = None,
    **overrides: Any,
) -> Run:
    """Keep at most N rows of each group.

    Keeps at most `max` rows of each group; smaller groups stay whole.

    A higher `max` keeps all rows that a lower one kept.

    Args:
        dataset: Where rows come from: a path, or what is in memory, as for `unskew.source`.
        by: What makes two rows the same kind: an expression, or a list of several.
        max: How many rows of each kind to keep at most.
        pick: Which rows to keep.
        weight: What each row counts for instead of 1, such as `length(text)`; null counts for nothing. Rows
            are kept, in the order in which `pick` takes them, until the next one would go beyond `max`.
        overrides: What else there is to say, as for `unskew.run`: `seed=1`, `out="balanced"`.
    """
    return _apply("cap", dataset, overrides, **_said({"pick": "random"}, by=by, max=max, pick=pick, weight=weight))


def dedup(
    dataset: Any,
    /,
    *,
    by: str | Sequence[str],
    keep: Literal["random", "first"] | Mapping[str, Any] = "first",
    nulls: Literal["keep", "group"] = "keep",
    **overrides: Any,
) -> Run:
    """Keep one row of each group.

    Keeps one row of each group of rows that agree in `by`.

    Rows where all of `by` is null have nothing to agree in: all of them are kept, unless `nulls` says otherwise.

    Args:
        dataset: Where rows come from: a path, or what is in memory, as for `unskew.source`.
        by: What makes two rows the same: an expression, or a list of several.
        keep: Which row to keep.
        nulls: What to do with rows where all of `by` is null.
        overrides: What else there is to say, as for `unskew.run`: `seed=1`, `out="balanced"`.
    """
    return _apply(
        "dedup",
        dataset,
        overrides,
        **_said(
            {"keep": "first", "nulls": "keep"},
            by=by,
            keep=keep,
            nulls=nulls,
        ),
    )


def difficulty(
    dataset: Any,
    /,
    *,
    of: str | None = None,
    per: str | Sequence[str] | None = None,
    score: str | None = None,
    metric: str | None = None,
    threshold: float | None = None,
    k: int | None = None,
    higher: Literal["easier", "harder"] | None = None,
    method: Literal["quantile", "rank"] | None = None,
    cuts: Mapping[str, Any] | None = None,
    buckets: int | Sequence[str] | None = None,
    ties: Literal["source", "random"] | None = None,
    missing: Literal["error", "drop", "zero"] | Mapping[str, Any] = "error",
    band: Mapping[str, Any] | None = None,
    column: str = "difficulty",
    score_column: str | None = None,
    **overrides: Any,
) -> Run:
    """Sort rows into buckets by difficulty.

    Sorts rows into buckets by difficulty, and adds two columns: the bucket, and the score it comes from.

    A row is scored by an expression (`metric`), by a list of scores in it (`of`), or together with all rows that
    agree in something (`per`). Buckets are levels: in every later stage they come in their order, empty ones too.

    Args:
        dataset: Where rows come from: a path, or what is in memory, as for `unskew.source`.
        of: A list in each row whose items are its scores; best a name that `columns` gives to it.
        per: What rows agree in that are scored together, such as `prompt`: an expression, or a list of
            several. All of them get one score and one bucket.
        score: The score of a row, an expression; `score` unless it is given.
        metric: With `of` or `per`, what is made of several scores: `mean_reward` (the default), `max_reward`,
            `min_reward`, `variance`, `success_rate`, `pass_at_k`, `top_k_rate`, `inverse_mean`, or an
            expression over aggregates such as `0.7 * avg(score) + 0.3 * var(score)`. Without them, an
            expression of the row itself, such as `reward`.
        threshold: From which score on a row counts as a success; 0.5 unless it is given.
        k: With `pass_at_k`: how many are drawn. With `top_k_rate`: how many of the best are looked at.
        higher: What a high score means; `easier`, except for `variance` and `inverse_mean`.
        method: How buckets are made; `quantile` unless there are `cuts`.
        cuts: Scores at which buckets end: `{at_least: [0.8, 0.4]}` or `{at_most: [0.3, 0.7]}`.
        buckets: How many buckets there are (3 unless there are cuts), or a list of their names, in order.
        ties: With `method: rank`: which of equal scores goes first; `source` unless it is given.
        missing: What becomes of rows without a score.
        band: Which scores to keep: `{above: 0, below: 1}` drops what is never solved and what always is.
        column: The column for the buckets.
        score_column: The column for the scores; the other column's name with `_score` unless it is given.
        overrides: What else there is to say, as for `unskew.run`: `seed=1`, `out="balanced"`.
    """
    return _apply(
        "difficulty",
        dataset,
        overrides,
        **_said(
            {"missing": "error", "column": "difficulty"},
            of=of,
            per=per,
            score=score,
            metric=metric,
            threshold=threshold,
            k=k,
            higher=higher,
            method=method,
            cuts=cuts,
            buckets=buckets,
            ties=ties,
            missing=missing,
            band=band,
            column=column,
            score_column=score_column,
        ),
    )


def kto(
    dataset: Any,
    /,
    *,
    label: str,
    ratio: float | str | None = None,
    keep: Literal["balanced", "all"] = "balanced",
    pick: Literal["random", "first"] | Mapping[str, Any] | None = None,
    order: Literal["batches", "shuffle", "source"] = "batches",
    prompt: str | None = None,
    completion: str | None = None,
    **overrides: Any,
) -> Run:
    """Balance two labels, and mix them in every batch.

    Balances rows of two labels, desirable and undesirable, and puts them in an order in which batches hold both.

    The rows get a column `label` that is true for desirable rows and false for the others.

    Args:
        dataset: Where rows come from: a path, or what is in memory, as for `unskew.source`.
        label: Which rows are desirable: an expression whose values are true and false, 1 and 0, 1 and -1, or
            such texts.
        ratio: How many desirable rows there are to be for each undesirable one: a number, or two as in `3:2`;
            1 without it.
        keep: Whether rows of the label that has too many are left out.
        pick: Which rows of the label that has too many are kept: `random` (the default), `first`, or the
            best, worst or weighted by an expression.
        order: In what order rows come.
        prompt: What neighbours are to differ in; without it, the column `prompt`, if there is one.
        completion: What neighbours are to differ in, too; without it, the column `completion`, if there is
            one.
        overrides: What else there is to say, as for `unskew.run`: `seed=1`, `out="balanced"`.
    """
    return _apply(
        "kto",
        dataset,
        overrides,
        **_said(
            {"keep": "balanced", "order": "batches"},
            label=label,
            ratio=ratio,
            keep=keep,
            pick=pick,
            order=order,
            prompt=prompt,
            completion=completion,
        ),
    )


def mix(
    dataset: Any,
    /,
    *,
    shares: Literal["equal"] | Mapping[str, Any],
    by: str | Sequence[str] | None = None,
    of: str = "rows",
    total: Literal["largest", "input"] | int = "largest",
    short: Literal["error", "accept", "shrink", "redistribute"] | Mapping[str, Any] = "error",
    pick: Literal["random", "first"] | Mapping[str, Any] = "random",
    **overrides: Any,
) -> Run:
    """Mix sources to given shares of rows or of a measure.

    Takes so many rows of each source that each has its share of the result.

    Shares are of rows or of what an expression measures. Every source that has rows needs a share, which may be
    0.

    Args:
        dataset: Where rows come from: a path, or what is in memory, as for `unskew.source`.
        shares: Which share of the result each source gets: `{web: 0.7, books: 0.3}`, or `equal`.
        by: What is mixed: the sources, unless an expression (or a list of several) says otherwise.
        of: What shares are of: `rows` (the default), or the sum of an expression such as `length(text)`; null
            counts for nothing. A source's rows are taken, in the order of `pick`, until the next one would go
            beyond its share.
        total: How much is taken in all: `largest` (the default), `input`, or a number of rows or of what `of`
            measures.
        short: What to do when a source has less than its share.
        pick: Which rows of a source to take.
        overrides: What else there is to say, as for `unskew.run`: `seed=1`, `out="balanced"`.
    """
    return _apply(
        "mix",
        dataset,
        overrides,
        **_said(
            {"of": "rows", "total": "largest", "short": "error", "pick": "random"},
            shares=shares,
            by=by,
            of=of,
            total=total,
            short=short,
            pick=pick,
        ),
    )


def order(
    dataset: Any,
    /,
    *,
    source: bool = False,
    shuffle: bool = False,
    interleave: str | Sequence[str] | None = None,
    curriculum: str | None = None,
    levels: Literal["alphabetical"] | Sequence[str] | None = None,
    descending: bool = False,
    **overrides: Any,
) -> Run:
    """Put rows in order.

    Keeps all rows, and puts them in one of four orders.

    Args:
        dataset: Where rows come from: a path, or what is in memory, as for `unskew.source`.
        source: `true`: as in the source.
        shuffle: `true`: by chance.
        interleave: So that every stretch of rows has the mix of the whole in this expression, or in a list of
            several.
        curriculum: By the value of this expression, lowest first; ties by chance, rows without a value last.
            Levels, such as those of `difficulty`, come in their order.
        levels: With `curriculum`, where it is text: which comes first, `[easy, medium, hard]`, or
            `alphabetical`.
        descending: With `curriculum`: highest first.
        overrides: What else there is to say, as for `unskew.run`: `seed=1`, `out="balanced"`.
    """
    return _apply(
        "order",
        dataset,
        overrides,
        **_said(
            {"source": False, "shuffle": False, "descending": False},
            source=source,
            shuffle=shuffle,
            interleave=interleave,
            curriculum=curriculum,
            levels=levels,
            descending=descending,
        ),
    )


def pair(
    dataset: Any,
    /,
    *,
    per: str | Sequence[str] | None = None,
    chosen: str | None = None,
    rejected: str | None = None,
    score: str = "score",
    match: Literal["mirror", "extremes", "all"] | None = None,
    min_gap: float = 0.0,
    max_gap: float | None = None,
    tolerance: float = 1e-09,
    per_row: Literal["all"] | int | None = None,
    text: str | None = None,
    length: str | None = None,
    max_length_ratio: float | None = None,
    **overrides: Any,
) -> Run:
    """Make pairs of a better and a worse row.

    Makes pairs of a better and a worse row: of the same prompt, or of rows that meet two conditions.

    Rows with equal scores or equal texts never make a pair. The column `reward_gap` says by how much the better
    row is better.

    Args:
        dataset: Where rows come from: a path, or what is in memory, as for `unskew.source`.
        per: What both rows of a pair agree in, such as the prompt: an expression, or a list of several.
        chosen: Without `per`: a condition for better rows, such as `score >= 0.7`.
        rejected: Without `per`: a condition for worse rows, such as `score <= 0.4`.
        score: What makes a row better: an expression whose value is a number.
        match: With `per`: which rows are paired.
        min_gap: The least gap between the scores of a pair.
        max_gap: The largest gap between the scores of a pair.
        tolerance: How far gaps may be beyond their bounds, and how large a gap still counts as none: room for
            rounding.
        per_row: In how many pairs a row may be: a number, or `all`. With `match: all` the default is `all`,
            without `per` it is 1.
        text: What rows say: those that say the same make no pair. Without this, the column `completion`,
            where there is one.
        length: How long a row is, such as `length(completion)`.
        max_length_ratio: How many times as long as the other one row of a pair may be.
        overrides: What else there is to say, as for `unskew.run`: `seed=1`, `out="balanced"`.
    """
    return _apply(
        "pair",
        dataset,
        overrides,
        **_said(
            {"score": "score", "min_gap": 0.0, "tolerance": 1e-09},
            per=per,
            chosen=chosen,
            rejected=rejected,
            score=score,
            match=match,
            min_gap=min_gap,
            max_gap=max_gap,
            tolerance=tolerance,
            per_row=per_row,
            text=text,
            length=length,
            max_length_ratio=max_length_ratio,
        ),
    )


def sample(
    dataset: Any,
    /,
    *,
    n: int | None = None,
    fraction: float | None = None,
    by: str | Sequence[str] | None = None,
    weight: str | None = None,
    short: Literal["error", "accept"] = "error",
    **overrides: Any,
) -> Run:
    """Take some rows at random.

    Takes some rows at random, each once at most. Exactly one of `n` and `fraction` says how many.

    Without `by`, a higher number keeps all rows that a lower one kept.

    Args:
        dataset: Where rows come from: a path, or what is in memory, as for `unskew.source`.
        n: How many rows to take.
        fraction: Which share of the rows to take, such as 0.1.
        by: Whose mix to keep: an expression, or a list of several. Each kind gets its share of the sample,
            within one row.
        weight: Take rows in proportion to this expression; rows without a weight, or with weight 0, are never
            taken.
        short: What to do when there are fewer rows than wanted.
        overrides: What else there is to say, as for `unskew.run`: `seed=1`, `out="balanced"`.
    """
    return _apply(
        "sample",
        dataset,
        overrides,
        **_said(
            {"short": "error"},
            n=n,
            fraction=fraction,
            by=by,
            weight=weight,
            short=short,
        ),
    )


def split(
    dataset: Any,
    /,
    *,
    by: str | Sequence[str] | None = None,
    phases: Literal["cumulative"] | None = None,
    train: float | None = None,
    validation: float | None = None,
    test: float | None = None,
    stratify: str | Sequence[str] | None = None,
    group: str | Sequence[str] | None = None,
    prefix: str = "",
    **overrides: Any,
) -> Run:
    """Send rows to splits.

    Sends rows to splits: one for each value of something, or `train`, `validation` and `test`. It keeps all rows,
    and what follows goes on in each split by itself.

    Args:
        dataset: Where rows come from: a path, or what is in memory, as for `unskew.source`.
        by: A split for each value of this: an expression, or a list of several. Levels make one split each,
            in their order, empty ones too.
        phases: With `by`: `cumulative` makes the splits `phase_1`, `phase_2` and so on, each with the rows of
            its value and of all before it.
        train: How much goes to `train`: a share such as 0.9, or a whole number of rows; what the others
            leave, unless it is given.
        validation: How much goes to `validation`; without it there is none.
        test: How much goes to `test`; without it there is none.
        stratify: What every split is to have in the same shares: an expression, or a list of several.
        group: What rows agree in that must be in one split, such as `prompt`: an expression, or a list of
            several.
        prefix: What the splits' names begin with.
        overrides: What else there is to say, as for `unskew.run`: `seed=1`, `out="balanced"`.
    """
    return _apply(
        "split",
        dataset,
        overrides,
        **_said(
            {"prefix": ""},
            by=by,
            phases=phases,
            train=train,
            validation=validation,
            test=test,
            stratify=stratify,
            group=group,
            prefix=prefix,
        ),
    )


def target(
    dataset: Any,
    /,
    *,
    by: str | Sequence[str] | None = None,
    counts: Mapping[str, Any] | None = None,
    shares: Literal["equal"] | Mapping[str, Any] | None = None,
    ratio: Mapping[str, Any] | None = None,
    temperature: float | None = None,
    over: str | None = None,
    density: Mapping[str, Any] | None = None,
    bins: int | None = None,
    total: Literal["largest", "input"] | int = "largest",
    floor: int | None = None,
    rounding: Literal["largest", "floor"] | None = None,
    others: Literal["drop", "keep", "error"] | None = None,
    short: Literal["error", "accept", "shrink", "redistribute"] | Mapping[str, Any] = "error",
    pick: Literal["random", "first"] | Mapping[str, Any] = "random",
    **overrides: Any,
) -> Run:
    """Take a given number or share of each class.

    Takes a given number or share of each class, which may have a given distribution of an expression.

    Exactly one of `counts`, `shares`, `ratio` and `temperature` says how many; with `density` there may be none,
    and classes keep their proportions.

    Classes are named by their text: `math`, `true`, `3`, `null`; where `by` lists several expressions, by nested
    mappings: `{math: {easy: 100}}`. A class that no row is in is an error, unless `short` is `accept` or
    `redistribute`.

    Args:
        dataset: Where rows come from: a path, or what is in memory, as for `unskew.source`.
        by: What makes two rows of the same class: an expression, or a list of several. With `density` it may
            be left out: then all rows are one class.
        counts: How many rows of each class: `{math: 3000, coding: 3000}`.
        shares: Which share of `total` each class gets: `{easy: 0.4, medium: 0.4, hard: 0.2}`, or `equal`.
        ratio: How classes relate: `{true: 1, false: 2}`.
        temperature: Shares in proportion to the size of each class to the power of 1 / temperature: 1 changes
            nothing, 2 takes the square root, more evens out.
        over: The number that has a `density` in each class, such as `pass_rate`.
        density: How the values of `over` are to be distributed: `{gaussian: {mean: 0.5, deviation: 0.15}}`,
            where the mean may move (`{from: 0.9, to: 0.1}`), `{beta: {alpha: 2, beta: 4}}` or `{band: {above:
            0, below: 1}}`.
        bins: With `density`: up to so many different values are a bin each; more are put into so many bins of
            equal width.
        total: What shares are shares of: `largest` (the default), `input`, or a number of rows.
        floor: At least so many rows of each class, as far as there are; the other classes give way.
        rounding: How shares become whole numbers.
        others: What happens to rows of classes that are not named.
        short: What to do when a class has fewer rows than wanted.
        pick: Which rows of a class to take.
        overrides: What else there is to say, as for `unskew.run`: `seed=1`, `out="balanced"`.
    """
    return _apply(
        "target",
        dataset,
        overrides,
        **_said(
            {"total": "largest", "short": "error", "pick": "random"},
            by=by,
            counts=counts,
            shares=shares,
            ratio=ratio,
            temperature=temperature,
            over=over,
            density=density,
            bins=bins,
            total=total,
            floor=floor,
            rounding=rounding,
            others=others,
            short=short,
            pick=pick,
        ),
    )


def unpair(
    dataset: Any,
    /,
    **overrides: Any,
) -> Run:
    """Make single rows of pairs.

    Makes two rows of each pair, the better one first, with a column `label` that is true for the better ones.

    Args:
        dataset: Where rows come from: a path, or what is in memory, as for `unskew.source`.
        overrides: What else there is to say, as for `unskew.run`: `seed=1`, `out="balanced"`.
    """
    return _apply("unpair", dataset, overrides)


def weigh(
    dataset: Any,
    /,
    *,
    by: str | Sequence[str],
    shares: Literal["equal"] | Mapping[str, Any] | None = None,
    temperature: float | None = None,
    column: str = "weight",
    **overrides: Any,
) -> Run:
    """Weigh rows by class instead of dropping them.

    Keeps all rows, and adds a column with a weight for each, so that the weights of each class add up to its
    share.

    The mean of all weights is 1. Without `shares` and `temperature` every class weighs the same: a row's weight
    is in inverse proportion to the size of its class.

    Args:
        dataset: Where rows come from: a path, or what is in memory, as for `unskew.source`.
        by: What makes two rows of the same class: an expression, or a list of several.
        shares: Which share of the whole weight each class gets: `{easy: 0.4, medium: 0.4, hard: 0.2}`, or
            `equal`, the default.
        temperature: Shares in proportion to the size of each class to the power of 1 / temperature: 1 weighs
            all rows alike, more evens classes out.
        column: What the column of weights is called.
        overrides: What else there is to say, as for `unskew.run`: `seed=1`, `out="balanced"`.
    """
    return _apply(
        "weigh",
        dataset,
        overrides,
        **_said(
            {"column": "weight"},
            by=by,
            shares=shares,
            temperature=temperature,
            column=column,
        ),
    )


__all__ = [
    "batch",
    "cap",
    "dedup",
    "difficulty",
    "kto",
    "mix",
    "order",
    "pair",
    "sample",
    "split",
    "target",
    "unpair",
    "weigh",
]
