"""Who wears what: tables, names of files, and turns; and what of it is written where."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fitroom.errors import ConfigError, DataError, FitroomError
from fitroom.pipelines.prepare.outcome import Outcome
from fitroom.pipelines.prepare.pairing import Wanted, pairs_by_name, read_pairs
from fitroom.pipelines.prepare.photos import find_photos
from fitroom.pipelines.prepare.plan import Plan, plan

NAMES = ["persons/ann.jpg", "persons/ben.jpg", "garments/ann.jpg", "garments/tee.jpg"]


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "pairs.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_names_photos_by_path_name_or_stem(tmp_path: Path) -> None:
    path = table(tmp_path, "person;garment;kind;split\npersons/ann.jpg;tee;;train\n\nben.jpg;tee.jpg;unpaired;\n")
    assert read_pairs(path, NAMES) == [
        Wanted("persons/ann.jpg", "garments/tee.jpg", "paired", "train"),
        Wanted("persons/ben.jpg", "garments/tee.jpg", "unpaired", None),
    ]


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("person,garment\nann,tee\n", DataError, "could be several photos"),
        ("person,garment\nben,trousers\n", DataError, "is no photo"),
        ("person,garment\nben,te\n", DataError, "did you mean 'tee'"),
        ("person,cloth\nben,tee\n", ConfigError, "heading"),
        ("person,garment,kind\nben,tee,pared\n", ConfigError, "did you mean 'paired'"),
        ("person,garment,split\nben,tee,validation\n", ConfigError, "unknown split"),
        ("", ConfigError, "heading"),
    ],
)
def test_a_wrong_table_says_what_and_where(tmp_path: Path, text: str, error: type[FitroomError], said: str) -> None:
    with pytest.raises(error) as caught:
        read_pairs(table(tmp_path, text), NAMES)
    assert said in str(caught.value) and "pairs.csv" in str(caught.value)


def test_names_pair_but_for_words_of_their_role() -> None:
    persons = ["persons/ann.jpg", "x/013563_0.jpg", "x/person_red.jpg", "x/lone.jpg"]
    garments = ["garments/ann.png", "x/013563_1.jpg", "x/red-cloth.jpg", "x/tee.jpg"]
    assert [(one.person, one.garment) for one in pairs_by_name(persons, garments)] == list(
        zip(persons[:3], garments[:3], strict=True)
    )


def test_a_number_is_a_name_where_it_is_all_there_is() -> None:
    persons, garments = ([f"x/{role}_{i}.jpg" for i in range(4)] for role in ("person", "garment"))
    assert [(one.person, one.garment) for one in pairs_by_name(persons, garments)] == list(
        zip(persons, garments, strict=True)
    )


def test_whole_names_come_first_and_a_garment_of_somebodys_is_nobody_elses() -> None:
    persons = [f"persons/look_{i}.jpg" for i in range(4)]
    garments = [f"garments/look_{i}.jpg" for i in range(4)]
    assert [(one.person, one.garment) for one in pairs_by_name(persons, garments)] == list(
        zip(persons, garments, strict=True)
    )
    assert pairs_by_name(persons[:2], garments[1:2]) == [Wanted(persons[1], garments[1], "paired")]


def test_a_name_of_another_encoding_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "persons").mkdir()
    (tmp_path / "persons" / os.fsdecode(b"caf\xe9.jpg")).touch()
    with pytest.raises(DataError, match="no text"):
        find_photos(tmp_path)


def test_two_garments_of_one_name_pair_with_nobody() -> None:
    assert pairs_by_name(["p/ann.jpg"], ["g/ann.jpg", "h/ann.png"]) == []


def person(name: str, *categories: str) -> Outcome:
    return Outcome(f"persons/{name}.jpg", "person", "folder", "ready", categories=list(categories or ["upper_body"]))


def garment(name: str, category: str = "upper_body", outcome: str = "ready") -> Outcome:
    return Outcome(f"garments/{name}.jpg", "garment", "folder", outcome, categories=[category])  # type: ignore[arg-type]


def couples(made: Plan, kind: str, split: str = "test") -> list[tuple[str, str]]:
    return [(one.case_id, other.case_id) for one, other in getattr(made, kind)[split]]


def test_everybody_gets_another_garment_and_every_garment_somebody() -> None:
    made = plan([person("ann"), person("ben"), garment("a"), garment("b"), garment("c")], [], "vitonhd", "test")
    assert couples(made, "paired") == []
    assert couples(made, "unpaired") == [("ann", "a"), ("ben", "b"), ("ann", "c")]
    assert [place.shown.case_id for place in made.garments] == ["a", "b", "c"]


def test_a_worn_garment_has_its_wearers_name_and_goes_to_others_under_it() -> None:
    outcomes = [person("ann"), person("ben"), garment("tee"), garment("b")]
    made = plan(outcomes, [Wanted("persons/ann.jpg", "garments/tee.jpg", "paired")], "vitonhd", "test")
    assert couples(made, "paired") == [("ann", "ann")]
    assert set(couples(made, "unpaired")) == {("ann", "b"), ("ben", "b")} or ("ben", "ann") in couples(made, "unpaired")
    assert all(one != other for one, other in couples(made, "unpaired"))
    assert {place.photo: place.shown.case_id for place in made.garments}["garments/tee.jpg"] == "ann"


def test_a_person_has_files_in_each_category_they_can_be_given() -> None:
    outcomes = [person("ann", "upper_body", "lower_body"), garment("tee"), garment("jeans", "lower_body")]
    made = plan(outcomes, [], "dresscode", "test")
    assert made.ids() == {
        "persons/ann.jpg": ["upper_body/ann", "lower_body/ann"],
        "garments/tee.jpg": ["upper_body/tee"],
        "garments/jeans.jpg": ["lower_body/jeans"],
    }
    assert plan(outcomes, [], "vitonhd", "test").ids() == {
        "persons/ann.jpg": ["upper_body/ann"],
        "garments/tee.jpg": ["upper_body/tee"],
    }


def test_splits_of_the_table_hold_for_both_photos() -> None:
    outcomes = [person("ann"), person("ben"), garment("a"), garment("b")]
    rows = [Wanted("persons/ann.jpg", "garments/a.jpg", "paired", "train")]
    made = plan(outcomes, rows, "vitonhd", "test")
    assert couples(made, "paired", "train") == [("ann", "ann")] and couples(made, "unpaired", "train") == []
    assert couples(made, "unpaired") == [("ben", "b")]


def test_no_two_names_are_alike_and_all_can_be_files() -> None:
    outcomes = [person("Änn b"), person("nn-b"), garment("nn b"), garment("x")]
    made = plan(outcomes, [], "vitonhd", "test")
    names = [place.shown.case_id for place in (*made.persons, *made.garments)]
    assert len({name.lower() for name in names}) == len(names) == 4
    assert all(name.replace("-", "").isalnum() and name.isascii() for name in names)


def test_what_cannot_be_paired_is_said() -> None:
    outcomes = [
        person("ann"),
        garment("tee"),
        garment("b"),
        garment("bad", outcome="refused"),
        garment("long", "dresses"),
    ]
    rows = [
        Wanted("persons/ann.jpg", "garments/tee.jpg", "paired"),
        Wanted("persons/ann.jpg", "garments/b.jpg", "paired"),
        Wanted("persons/ann.jpg", "garments/bad.jpg", "unpaired"),
        Wanted("persons/ann.jpg", "garments/long.jpg", "paired"),
        Wanted("garments/tee.jpg", "garments/b.jpg", "paired"),
    ]
    notes = "\n".join(plan(outcomes, rows, "dresscode", "test").notes)
    assert "wears two upper_body: garments/b.jpg is left out" in notes
    assert "garments/bad.jpg was refused" in notes and "garments/tee.jpg was taken for a garment" in notes
    assert "cannot be given garments/long.jpg" in notes


def test_a_pair_that_is_told_twice_is_written_once_and_nobody_is_given_what_they_wear() -> None:
    told = [Wanted("persons/ann.jpg", name, "unpaired") for name in ("garments/b.jpg", "garments/b.jpg")]
    worn = [Wanted("persons/ann.jpg", "garments/tee.jpg", kind) for kind in ("paired", "unpaired")]
    made = plan([person("ann"), garment("tee"), garment("b")], [*told, *worn], "vitonhd", "test")
    assert couples(made, "paired") == [("ann", "ann")] and couples(made, "unpaired") == [("ann", "b")]


def test_dresscodes_train_list_has_no_unpaired_pairs() -> None:
    made = plan([person("ann"), garment("a")], [], "dresscode", "train")
    assert made.persons == [] and couples(made, "unpaired", "train") == []
