"""Commands that train models, score them and say what they are worth."""

from __future__ import annotations

from fitroom.cli.command import Command


def _train(argv: list[str]) -> int:
    from fitroom.training import fit

    return fit.main(argv)


def _evaluate(argv: list[str]) -> int:
    from fitroom.evaluation import command

    return command.main(argv)


def _compare(argv: list[str]) -> int:
    from fitroom.evaluation.tryon import compare

    return compare.main(argv)


def _leaderboard(argv: list[str]) -> int:
    from fitroom.evaluation import leaderboard

    return leaderboard.main(argv)


def _returns(argv: list[str]) -> int:
    from fitroom.evaluation.returns import command

    return command.main(argv)


def _returns_ab_size(argv: list[str]) -> int:
    from fitroom.evaluation.returns import command

    return command.main_trial(argv)


def _returns_read_out(argv: list[str]) -> int:
    from fitroom.evaluation.returns import command

    return command.main_read_out(argv)


COMMANDS = [
    Command(
        "train",
        "train a model; --dry-run shows the plan, --resume goes on, any field can be a word",
        "train --config configs/train/recognizer_quick.yaml --data.source.root shop/photos",
        _train,
    ),
    Command(
        "evaluate",
        "score models and controls by a protocol; writes result records",
        "evaluate --config configs/evaluate/clothing.yaml --model runs/shop",
        _evaluate,
    ),
    Command(
        "compare",
        "say in which scores two try-on models differ, case by case, beyond chance",
        "compare results/a/1/wardrobe-sizes@3.json results/b/1/wardrobe-sizes@3.json",
        _compare,
    ),
    Command(
        "leaderboard",
        "render the result records as a static site",
        "leaderboard --results results --out site",
        _leaderboard,
    ),
    Command(
        "returns",
        "estimate how many returns size advice and try-on could spare a merchant, and what that saves",
        "returns --merchant.orders 50000 --merchant.return_rate 0.65 --tornado tornado.svg",
        _returns,
    ),
    Command(
        "returns ab-size",
        "say how many orders an A/B test needs",
        "returns ab-size --rate 0.65 --rate_after 0.63 --orders_per_shopper 3 --icc 0.2",
        _returns_ab_size,
    ),
    Command(
        "returns read-out",
        "read an A/B test out of tables of orders and returns",
        "returns read-out --orders orders.csv --returns returns.csv",
        _returns_read_out,
    ),
]
