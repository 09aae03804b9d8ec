"""Work and outcomes as bytes: what goes in comes out."""

from __future__ import annotations

import os

from fitroom.errors import BundleError, ConfigError, ImageError, LaunchError, WeightsError
from serve.workers.wire import pack_outcomes, pack_works, unpack_outcomes, unpack_works
from serve.workers.work import Made, Work, WorkFailed


def test_works_come_out_as_they_went_in() -> None:
    works = [
        Work(
            "try-on",
            "m",
            {"settings": {"seed": 5, "body_cm": {"chest": 96.5}}},
            {"person": os.urandom(99), "garment": b""},
        ),
        Work("recognize", "é", {"embedding": True}, {"image": b"x" * 70_000}),
    ]
    assert unpack_works(pack_works(7, works)) == (7, works)
    assert unpack_works(pack_works(0, [])) == (0, [])


def test_outcomes_come_out_as_they_went_in() -> None:
    image = ImageError("too small", code="image-too-small", rule="16 px", got=(1, 1), fix="another")
    outcomes = [Made({"a": [1, None]}, b"\0\xff"), image, ConfigError("no", rule="r"), WorkFailed("KeyError"), Made({})]
    outcomes += [BundleError("altered", where="README.md"), WeightsError("no weights", fix="others"), LaunchError("no")]
    number, found = unpack_outcomes(pack_outcomes(3, outcomes))
    assert number == 3
    assert (found[0], found[4]) == (outcomes[0], outcomes[4])
    assert isinstance(found[1], ImageError)
    assert (found[1].what, found[1].code, found[1].rule, found[1].got) == (
        "too small",
        "image-too-small",
        "16 px",
        "(1, 1)",
    )
    assert isinstance(found[2], ConfigError)
    assert (found[2].rule, found[2].fix) == ("r", None)
    assert isinstance(found[3], WorkFailed)
    assert isinstance(found[5], BundleError)
    assert found[5].where == "README.md"
    assert isinstance(found[6], WeightsError)
    assert (found[6].what, found[6].fix) == ("no weights", "others")
    assert isinstance(found[7], LaunchError)
