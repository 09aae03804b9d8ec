"""errors.py: every error says what, where, rule, got and fix, and keeps all of it across process borders."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest

from fitroom import errors
from fitroom.errors import DataError, FitroomError, ImageError

FAMILY = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, FitroomError)]


def test_the_message_has_its_five_parts_in_order() -> None:
    error = DataError("two labels", where="a.csv", rule="one a photo", got="b and c", fix="remove one")
    assert str(error).splitlines() == [
        "two labels",
        "  where: a.csv",
        "  rule: one a photo",
        "  got: b and c",
        "  fix: remove one",
    ]


def test_parts_not_given_are_left_out_and_falsy_ones_are_not() -> None:
    assert str(FitroomError("nothing found")) == "nothing found"
    assert str(FitroomError("nothing found", got=0)) == "nothing found\n  got: 0"


@pytest.mark.parametrize("cls", FAMILY)
@pytest.mark.parametrize("carry", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy])
def test_nothing_is_lost_between_processes(cls: type[FitroomError], carry: object) -> None:
    error = cls("broken", where="here", rule="whole", got=3, fix="mend")
    error.code = "own-code"
    carried = carry(error)  # type: ignore[operator]
    assert type(carried) is cls
    assert str(carried) == str(error)
    assert carried.args == error.args
    assert (carried.where, carried.rule, carried.got, carried.fix) == ("here", "whole", 3, "mend")
    assert (carried.code, carried.exit_code) == ("own-code", cls.exit_code)


def test_codes_tell_the_kinds_apart() -> None:
    kinds = [cls for cls in FAMILY if cls is not ImageError]
    assert len({cls.code for cls in kinds}) == len(kinds)
    assert len({cls.exit_code for cls in kinds}) == len(kinds)
    assert all(0 < cls.exit_code < 126 for cls in kinds), "0 is success; from 126 on the shell speaks"


def test_an_image_error_is_a_data_error_with_a_code_of_its_own() -> None:
    error = ImageError("too small", code="image-too-small", got="3 px")
    assert isinstance(error, DataError)
    assert error.code == "image-too-small"
    assert ImageError("odd").code == "image"
