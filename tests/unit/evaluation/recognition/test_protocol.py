"""Protocols stay what they were: a changed setting without a new version fails here."""

import dataclasses

import pytest

from fitroom.errors import EvaluationError, FitroomError
from fitroom.evaluation.recognition.protocol import PROTOCOLS, get_protocol, protocol_from_settings

# A changed hash means a changed protocol: give it a new version instead.
FROZEN = {
    "clothing-recognition@1": "8c1c96a68413",
    "photo-recognition@1": "6e8b0fa04af5",
    "split-recognition@1": "28c224683f05",
    "wardrobe-recognition@1": "96f68c08def4",
    "clothing-transfer@1": "802962d3a4e6",
}


def test_every_protocol_is_frozen() -> None:
    assert {id: get_protocol(id).hash[:12] for id in PROTOCOLS} == FROZEN


@pytest.mark.parametrize("id", list(PROTOCOLS))
def test_names_and_settings_agree(id: str) -> None:
    protocol = get_protocol(id)
    assert protocol.id == id
    again = protocol_from_settings(protocol.settings)
    assert again == protocol and again.hash == protocol.hash


@pytest.mark.parametrize("change", [{"num_bins": 10}, {"seed": 1}, {"label": "material"}, {"version": 2}])
def test_any_setting_changes_the_hash(change: dict[str, object]) -> None:
    protocol = get_protocol("clothing-recognition@1")
    assert dataclasses.replace(protocol, **change).hash != protocol.hash


def test_a_setting_of_the_parts_changes_the_hash() -> None:
    protocol = get_protocol("clothing-recognition@1")
    parts = dataclasses.replace(protocol.parts, seed=1)
    assert dataclasses.replace(protocol, parts=parts).hash != protocol.hash


def test_the_registry_cannot_be_changed_through_a_protocol() -> None:
    get_protocol("clothing-recognition@1").parts.seed = 5
    assert get_protocol("clothing-recognition@1").parts.seed == 0


def test_an_unknown_protocol_names_the_nearest() -> None:
    with pytest.raises(EvaluationError, match="did you mean 'clothing-recognition@1'"):
        get_protocol("clothing-recognition@9")


@pytest.mark.parametrize("change", [{"num_bins": "15"}, {"extra": 1}, {"parts": {"folds": 2}}])
def test_settings_that_are_not_a_protocols_are_refused(change: dict[str, object]) -> None:
    settings = get_protocol("clothing-recognition@1").settings | change
    with pytest.raises(FitroomError, match=r"wrong type|other fields|too few folds"):
        protocol_from_settings(settings)


def test_a_protocol_with_further_questions_reads_back() -> None:
    protocol = get_protocol("wardrobe-recognition@1")
    assert protocol.further["season"] == "multi" and protocol.further["drape"] == "regression"
    assert "further" in protocol.settings and "further" not in get_protocol("clothing-recognition@1").settings
