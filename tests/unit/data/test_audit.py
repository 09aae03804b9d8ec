from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from fitroom.data.audit import KINDS, MEANING, AuditReport, Problem, find_repeats, sort_problems

COLUMNS = ["sample_id", "sha256", "group", "split", "category"]


def repeats(*rows: tuple[str | None, ...], faulty: tuple[int, ...] = ()) -> tuple[dict[str, str], list[str]]:
    """Kinds by sample id, and the sample ids that are kept."""
    table = pd.DataFrame(rows, columns=COLUMNS, dtype="str")
    bad = np.isin(np.arange(len(table)), faulty)
    problems, dropped = find_repeats(table, ["category"], bad)
    kept = table["sample_id"][~(dropped | bad)]
    return {problem.sample_id: problem.kind for problem in problems}, list(kept)


def test_different_contents_are_no_repeats():
    assert repeats(("a", "1", "g", "train", "hat"), ("b", "2", "g", "train", "hat")) == ({}, ["a", "b"])


def test_the_first_of_equal_rows_is_kept():
    rows = [(name, "1", "g", "train", "hat") for name in "abc"]
    assert repeats(*rows) == ({"b": "duplicate", "c": "duplicate"}, ["a"])


def test_the_first_without_another_fault_is_kept():
    rows = [(name, "1", "g", "train", "hat") for name in "abc"]
    assert repeats(*rows, faulty=(0,)) == ({"a": "duplicate", "c": "duplicate"}, ["b"])


def test_leaks_have_their_own_kind():
    across_splits = repeats(("a", "1", "g", "train", "hat"), ("b", "1", "g", "test", "hat"))
    assert across_splits == ({"b": "duplicate-across-splits"}, ["a"])
    across_groups = repeats(("a", "1", "g", "train", "hat"), ("b", "1", "h", "train", "hat"))
    assert across_groups == ({"b": "duplicate-across-groups"}, ["a"])
    across_both = repeats(("a", "1", "g", "train", "hat"), ("b", "1", "h", "test", "hat"))
    assert across_both == ({"b": "duplicate-across-splits"}, ["a"])


def test_unknown_groups_and_splits_are_equal_to_each_other_only():
    assert repeats(("a", "1", None, None, "hat"), ("b", "1", None, None, "hat"))[0] == {"b": "duplicate"}
    assert repeats(("a", "1", "g", None, "hat"), ("b", "1", None, None, "hat"))[0] == {"b": "duplicate-across-groups"}


def test_a_content_of_two_labels_is_dropped_whole():
    rows = [("a", "1", "g", "train", "hat"), ("b", "1", "g", "test", "dress"), ("c", "1", "g", "train", "hat")]
    kinds, kept = repeats(*rows, ("d", "2", "g", "train", "hat"))
    assert kinds == dict.fromkeys("abc", "conflicting-label") and kept == ["d"]


def test_a_missing_label_contradicts_nothing():
    assert repeats(("a", "1", "g", "train", "hat"), ("b", "1", "g", "train", None))[0] == {"b": "duplicate"}


def test_the_order_of_several_labels_contradicts_nothing():
    assert repeats(("a", "1", "g", "train", "red|blue"), ("b", "1", "g", "train", "blue| red"))[0] == {"b": "duplicate"}


def test_unreadable_files_are_not_compared():
    assert repeats(("a", None, "g", "train", "hat"), ("b", None, "g", "train", "dress")) == ({}, ["a", "b"])


def test_details_name_the_other_photo_and_the_leak():
    table = pd.DataFrame(
        [("a", "1", "g", "train", "hat"), ("b", "1", "h", "test", "hat")], columns=COLUMNS, dtype="str"
    )
    (problem,), _ = find_repeats(table, ["category"], np.zeros(2, dtype=bool))
    assert str(problem) == "b: same content as a; split 'test' and 'train', group 'h' and 'g'"


def test_a_conflict_names_two_photos_that_disagree():
    table = pd.DataFrame(
        [(name, "1", "g", "train", label) for name, label in zip("abc", "xxy", strict=True)], columns=COLUMNS
    )
    problems, _ = find_repeats(table, ["category"], np.zeros(3, dtype=bool))
    assert {problem.detail for problem in problems} == {"category of the same content is 'x' (a) and 'y' (c)"}


row = st.tuples(
    st.sampled_from("123"), st.sampled_from("gh"), st.sampled_from(["train", "test"]), st.sampled_from("xy")
)


@given(st.lists(st.tuples(row, st.booleans()), max_size=12))
def test_afterwards_each_content_is_there_once_and_agreed_contents_are_not_lost(cases):
    table = pd.DataFrame([(f"{i}", *values) for i, (values, _) in enumerate(cases)], columns=COLUMNS, dtype="str")
    faulty = np.array([bad for _, bad in cases], dtype=bool)
    problems, dropped = find_repeats(table, ["category"], faulty)
    kept = table[~(dropped | faulty)]
    assert not kept["sha256"].duplicated().any()
    agreed = table.groupby("sha256")["category"].nunique() == 1
    usable = table[~faulty].groupby("sha256").size()
    assert set(kept["sha256"]) == set(agreed.index[agreed]) & set(usable.index)
    assert set(table["sample_id"][dropped]) == {problem.sample_id for problem in problems}


def test_the_report_names_every_photo_under_its_kind():
    problems = [Problem("corrupt", f"photo_{i:04d}.jpg", "cut short") for i in range(500)]
    problems += [Problem("empty", "none.jpg"), Problem("unlisted", "extra.jpg")]
    report = AuditReport(sort_problems(problems), num_files=600, num_skipped=501)
    lines = str(report).splitlines()
    assert all(f"  photo_{i:04d}.jpg: cut short" in lines for i in range(500))
    assert lines.index("  none.jpg") == lines.index(f"empty (1): {MEANING['empty']}") + 1
    assert lines[1].startswith("corrupt (500)") or lines[2].startswith("corrupt (500)")
    assert report.counts() == {"empty": 1, "corrupt": 500, "unlisted": 1}
    assert len(report.faults) == 501, "a warning is no fault"


def test_an_empty_report_says_so():
    assert str(AuditReport(num_files=7)) == "7 photos, no problems"


def test_every_kind_is_explained():
    assert set(MEANING) == set(KINDS)
