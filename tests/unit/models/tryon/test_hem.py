"""Where the garment ends: rows that are read off, and layouts that are brought there."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import nn

from fitroom.data.tryon.conditions import NUM_CONDITIONS, condition_vector
from fitroom.data.tryon.terms import LAYOUT, PERSON, TARGET, TEXTURE
from fitroom.models.tryon.hem import TUCKED, HemGuess, HemHead, _nominal_cm, _row, brought_to, hem_rows
from fitroom.models.tryon.layout import Layout

HEIGHT, WIDTH = 64, 48
UPPER, LOWER, LEGS = (LAYOUT.index(name) for name in ("upper", "lower", "legs"))
TOP, BOTTOM = (
    torch.from_numpy(condition_vector(region=region, garment_cm={"length": 70.0}))[None] for region in ("top", "bottom")
)
UNTOLD = torch.from_numpy(condition_vector(region="top", garment_cm={"chest": 100.0}))[None]


def worn(top: int, hem: int, below: int = LOWER) -> torch.Tensor:
    """(H, W) classes: a T-shirt whose sleeves end above its hem, on someone who wears ``below`` down to row 60."""
    classes = torch.zeros(HEIGHT, WIDTH, dtype=torch.long)
    classes[top:60, 16:32] = below
    classes[top:hem, 16:32] = TARGET
    classes[top : top + 8, 8:40] = TARGET
    return classes


def laid_out(classes: torch.Tensor, source: int = TEXTURE) -> Layout:
    """A layout that is sure; the flow's y tells the row."""
    parse = torch.nn.functional.one_hot(classes, len(LAYOUT)).permute(2, 0, 1)[None].float() * 8
    sources = torch.where(classes == TARGET, source, PERSON)
    logits = torch.nn.functional.one_hot(sources, 3).permute(2, 0, 1)[None].float() * 8
    rows = ((torch.arange(HEIGHT) + 0.5) / HEIGHT)[:, None].expand(HEIGHT, WIDTH)
    flow = torch.stack([rows * 0, rows])[None]
    at_4, at_2 = torch.zeros(1, 2, HEIGHT // 2, WIDTH // 2), torch.zeros(1, 2, HEIGHT, WIDTH)
    features = (torch.zeros(1, 4, 8, 6), torch.zeros(1, 4, 4, 3))
    return Layout([flow], parse, parse[:, :1], logits, at_4, at_2, torch.zeros(1, 3, HEIGHT, WIDTH), features)


def guess(row: float, off: float = 0.01) -> HemGuess:
    return of_rows(torch.tensor([[row / HEIGHT, 0.0]]), torch.tensor([[off, off]]))


def of_rows(rows: torch.Tensor, off: torch.Tensor, tucked: float = 0.01) -> HemGuess:
    count = len(rows)
    tucks = torch.tensor([[tucked, 1.0]]).logit(eps=1e-6).expand(count, -1)  # a skirt is worn
    none = torch.zeros(count, 4)
    return HemGuess(rows, off, tucks, none, none, none[:, 0])


def hem_of(layout: Layout) -> float:
    return HEIGHT * float(hem_rows(layout.parse_logits.softmax(1)[:, TARGET]))


def test_a_hem_is_where_the_trunk_ends_whatever_the_sleeves_do() -> None:
    shirt, cut_off, none = worn(10, 40), worn(10, HEIGHT), torch.zeros(HEIGHT, WIDTH, dtype=torch.long)
    rows = hem_rows(torch.stack([shirt, cut_off, none]) == TARGET)
    assert rows[:2].tolist() == [40 / HEIGHT, 1.0] and rows[2].isnan()


@pytest.mark.parametrize(("told", "row"), [(30, 30), (36, 38), (44, 42), (50, 50)])
def test_the_layout_is_brought_to_the_row_or_half_way_where_it_is_near_and_sleeves_stay(told: int, row: int) -> None:
    before = laid_out(worn(10, 40))
    after = brought_to(before, guess(told), TOP)
    assert hem_of(after) == pytest.approx(row, abs=1)
    torch.testing.assert_close(after.parse_logits[..., :8], before.parse_logits[..., :8])
    torch.testing.assert_close(after.flow[0, 1, :16], before.flow[0, 1, :16])
    texture = after.source_logits.argmax(1)[0, :, 24] == TEXTURE
    assert texture[12 : row - 1].all() and not texture[row + 1 :].any()


def test_a_longer_garment_shows_all_of_its_photo_and_one_far_too_long_is_cut_off() -> None:
    longer = brought_to(laid_out(worn(10, 40)), guess(48), TOP).flow[0, 1, :, 24]
    assert longer[47] == pytest.approx(40 / HEIGHT, abs=1 / HEIGHT) and (longer.diff() >= 0).all()
    cut = brought_to(laid_out(worn(10, 58)), guess(30), TOP).flow[0, 1, :, 24]
    assert cut[29] < 35 / HEIGHT


def test_what_was_worn_before_does_not_hang_below_and_what_is_worn_beside_stays() -> None:
    old_skirt = laid_out(worn(20, 40, below=LOWER))
    shorts = brought_to(old_skirt, guess(40), BOTTOM)
    assert (old_skirt.parse_logits.argmax(1)[0, 42:58, 24] == LOWER).all()
    assert (shorts.parse_logits.argmax(1)[0, 42:58, 24] != LOWER).all()
    assert (shorts.source_logits.softmax(1)[0, PERSON, 42:58, 24] < 0.01).all()
    over_trousers = brought_to(old_skirt, guess(40), TOP)
    torch.testing.assert_close(over_trousers.parse_logits[0, LOWER], old_skirt.parse_logits[0, LOWER])
    assert (over_trousers.source_logits.argmax(1)[0, 42:58, 24] == PERSON).all()


@pytest.mark.parametrize(
    ("layout", "told", "conditions"),
    [
        (laid_out(worn(10, 40)), guess(50, off=0.1), TOP),
        (laid_out(worn(10, 40), source=PERSON), guess(50), TOP),
        (laid_out(torch.zeros(HEIGHT, WIDTH, dtype=torch.long)), guess(50), TOP),
        (laid_out(worn(10, 40)), guess(50), UNTOLD),
    ],
    ids=["not sure", "worn already", "no garment", "length not told"],
)
def test_a_layout_stays_as_it_is(layout: Layout, told: HemGuess, conditions: torch.Tensor) -> None:
    assert brought_to(layout, told, conditions) is layout


def test_sleeves_may_hang_below_a_short_top() -> None:
    classes = worn(10, 36)
    for side in (slice(8, 16), slice(32, 40)):
        classes[10:50, side] = TARGET
    layout = laid_out(classes)
    after = brought_to(layout, guess(30), TOP).parse_logits.argmax(1)[0]
    assert (after[48, 8:13] == TARGET).all() and (after[35:, 18:30] != TARGET).all()


def test_each_sample_of_a_batch_is_brought_to_its_own_row() -> None:
    one, other = laid_out(worn(10, 40)), laid_out(worn(10, 40), source=PERSON)
    both = Layout(*(
        torch.cat(pair) if isinstance(pair[0], torch.Tensor) else [torch.cat(p) for p in zip(*pair, strict=True)]
        for pair in ((getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(Layout))
    ))  # fmt: skip
    told = of_rows(torch.tensor([[48 / HEIGHT, 0.0]] * 2), torch.full((2, 2), 0.01))
    after = brought_to(both, told, torch.cat([TOP, TOP]))
    alone = brought_to(one, guess(48), TOP)
    torch.testing.assert_close(after.parse_logits[:1], alone.parse_logits)
    torch.testing.assert_close(after.parse_logits[1:], other.parse_logits)
    torch.testing.assert_close(after.source_logits[1:], other.source_logits)


def test_a_top_that_the_layout_sees_tucked_in_is_brought_to_the_waist() -> None:
    told = of_rows(torch.tensor([[50 / HEIGHT, 32 / HEIGHT]]), torch.full((1, 2), 0.01), tucked=0.4)
    assert hem_of(brought_to(laid_out(worn(10, 34)), told, TOP)) == pytest.approx(33, abs=0.5)
    assert hem_of(brought_to(laid_out(worn(10, 46)), told, TOP)) == pytest.approx(48, abs=0.5)
    row, off = told.nearest(torch.tensor([torch.nan]))
    assert float(row) == pytest.approx(50 / HEIGHT) and float(off) == pytest.approx(0.01), "the likelier, unseen"


def test_a_head_reads_a_row_between_the_joints_and_beyond_them() -> None:
    depths, joints = torch.tensor([[0.0, 50, 90, 130]]), torch.tensor([[0.2, 0.4, 0.6, 0.9]])
    rows = [float(_row(torch.tensor([reach]), depths, joints)) for reach in (-10.0, 25.0, 50.0, 70.0, 150.0)]
    assert rows == pytest.approx([0.16, 0.3, 0.4, 0.5, 1.05])


def test_a_longer_garment_ends_lower_before_anything_is_learned_and_a_bottom_begins_at_the_waist() -> None:
    shirt = {"region": "top", "garment_cm": {"length": 70.0}, "body_cm": {"back_length": 44.0}}
    longer = shirt | {"garment_cm": {"length": 80.0}}
    skirt = shirt | {"region": "bottom"}
    told = torch.stack([torch.from_numpy(condition_vector(**case)) for case in (shirt, longer, skirt)])
    assert _nominal_cm(told).tolist() == pytest.approx([59.0, 69.0, 100.0], abs=1e-4)


def test_a_head_gives_what_is_promised_and_hears_sizes() -> None:
    torch.manual_seed(0)
    head = HemHead([8, 16], 24).eval()
    person, summary = (torch.randn(2, 8, 16, 12), torch.randn(2, 16, 8, 6)), torch.randn(2, 24)
    with torch.no_grad():
        told, larger = (head(person, summary, make(2, NUM_CONDITIONS)) for make in (torch.zeros, torch.ones))
        other = head(person, -summary, torch.zeros(2, NUM_CONDITIONS))
    assert told.rows_BK.shape == told.off_BK.shape == told.log_p_BK.shape == (2, 2)
    assert told.joints_BJ.shape == told.depths_BJ.shape == (2, 4) and told.reach_B.shape == (2,)
    torch.testing.assert_close(told.log_p_BK.exp().sum(1), torch.ones(2))
    assert (told.off_BK > 0).all() and not told.depths_BJ[:, 0].any()
    assert ((larger.rows_BK - told.rows_BK).abs() > 1e-4).all()
    assert torch.equal(other.rows_BK, told.rows_BK) and torch.equal(other.tucks_B2[:, 1], told.tucks_B2[:, 1])
    assert (other.log_p_BK != told.log_p_BK).all()


def test_the_category_says_whether_it_is_a_light_top_and_the_photo_whether_a_skirt_is_worn() -> None:
    torch.manual_seed(0)
    head = HemHead([8, 16], 24).eval()
    nn.init.normal_(head.light[1].called)  # not heard at first
    features, summary = (torch.randn(2, 8, 16, 12), torch.randn(2, 16, 8, 6)), torch.randn(2, 24)
    nameless, tee, coat = (
        torch.from_numpy(condition_vector(category=name))[None].expand(2, -1) for name in (None, "t-shirt", "coat")
    )
    with torch.no_grad():
        logits = [head(features, summary, told).tucks_B2 for told in (nameless, tee, coat)]
        others = head((features[0], -features[1]), summary, tee).tucks_B2
    assert len({round(float(light[0]), 4) for light, _ in (x.T for x in logits)}) == 3
    assert torch.equal(logits[0][:, 1], logits[1][:, 1]) and torch.equal(others[:, 0], logits[1][:, 0])
    assert (others[:, 1] != logits[1][:, 1]).all()


def test_it_is_tucked_in_as_likely_as_it_is_a_light_top_and_a_skirt_is_worn() -> None:
    light, skirt = torch.tensor([0.9, 0.9, 1.0]), torch.tensor([0.8, 0.01, 1.0])
    tucks = torch.stack([light, skirt], 1).logit(eps=1e-6)
    p = dataclasses.replace(guess(48), tucks_B2=tucks).log_p_BK.exp()
    torch.testing.assert_close(p.sum(1), torch.ones(3))
    assert p[:, TUCKED].tolist() == pytest.approx([0.72, 0.009, 1.0], abs=1e-3)
    assert p.log().isfinite().all(), "never quite sure"
