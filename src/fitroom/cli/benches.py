"""``fitroom bench ...``: speed as ratios."""

from __future__ import annotations

from fitroom.cli.command import Command


def _bench_recognizer(argv: list[str]) -> int:
    from fitroom.bench import recognizer

    return recognizer.main(argv)


def _bench_data(argv: list[str]) -> int:
    from fitroom.bench import data

    return data.main(argv)


def _bench_evaluate(argv: list[str]) -> int:
    from fitroom.bench.scoring import evaluate

    return evaluate.main(argv)


def _bench_train(argv: list[str]) -> int:
    from fitroom.bench.large_base import train

    return train.main(argv)


def _bench_run(argv: list[str]) -> int:
    from fitroom.bench.large_base import run

    return run.main(argv)


def _bench_processes(argv: list[str]) -> int:
    from fitroom.bench import processes

    return processes.main(argv)


def _bench_search(argv: list[str]) -> int:
    from fitroom.bench import search

    return search.main(argv)


def _bench_tryon(argv: list[str]) -> int:
    from fitroom.bench.tryon import tryon

    return tryon.main(argv)


def _bench_serve(argv: list[str]) -> int:
    from fitroom.bench.serving import serve

    return serve.main(argv)


def _bench_serve_memory(argv: list[str]) -> int:
    from fitroom.bench.serving import serve_memory

    return serve_memory.main(argv)


def _bench_wardrobe(argv: list[str]) -> int:
    from fitroom.bench import wardrobe

    return wardrobe.main(argv)


COMMANDS = [
    Command(
        "bench recognizer", "recognizer speed beside named peers, as ratios", "bench recognizer", _bench_recognizer
    ),
    Command("bench data", "data loading speed beside named peers, as ratios", "bench data", _bench_data),
    Command(
        "bench evaluate",
        "scoring speed beside three packages, as ratios, same numbers",
        "bench evaluate",
        _bench_evaluate,
    ),
    Command(
        "bench train",
        "training on a large base: latents on disk, beside a plain diffusers loop; memory beside its estimate",
        "bench train --size half --out train.md",
        _bench_train,
    ),
    Command(
        "bench run",
        "a run on a large base, stopped and resumed beside one that is not; memory, answers",
        "bench run --size half --steps 200 --out run.md",
        _bench_run,
    ),
    Command(
        "bench processes",
        "speed and memory of a training run on one process and on several",
        "bench processes --processes [1,2] --out processes.md",
        _bench_processes,
    ),
    Command(
        "bench search",
        "recall, latency and memory of the search index, from 10 thousand vectors to a million",
        "bench search --out search.md",
        _bench_search,
    ),
    Command(
        "bench tryon",
        "time of one try-on and where it goes, beside a network of CatVTON's form and size",
        "bench tryon --bundle bundles/tryon-compact --out tryon.md",
        _bench_tryon,
    ),
    Command(
        "bench serve",
        "the server beside plain FastAPI and LitServe on one model, and under ten times its load",
        "bench serve --bundle bundles/recognizer-clothing --out serve.md",
        _bench_serve,
    ),
    Command(
        "bench serve-memory",
        "the server's memory over thousands of requests of all kinds, by process",
        "bench serve-memory --out memory.md",
        _bench_serve_memory,
    ),
    Command("bench wardrobe", "simulated cases an hour, where the time goes", "bench wardrobe", _bench_wardrobe),
]
