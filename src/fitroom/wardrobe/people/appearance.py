"""How a person looks apart from the body's shape: skin, face, hair, shoes; a catalogue by index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from fitroom.wardrobe.bodies.body import BodyShape, Sex
from fitroom.wardrobe.people.noise import linear
from fitroom.wardrobe.plan import check_index

NUM_APPEARANCES = 2048
_STREAM = 7301

_TONES = ("e7c5ae", "e0b9a0", "d8ac90", "cd9d7b", "bd8a68", "a87453", "8e5f42", "724a34", "5a3a2a", "452e25")
_HAIR_LIGHT = ("cdb48c", "b3966a", "94744f", "7a5a3e", "624733", "4d392c", "7d4a33", "3a2d26", "8c6d4c")
_HAIR_DARK = ("1b1614", "241b17", "2e211b", "3b2a21", "16130f", "4a3022")
_IRIS_LIGHT = ("64788a", "6c7a6c", "75684a", "644a33", "56697a", "4f3826")
_IRIS_DARK = ("3b2416", "4a2d1a", "2d1b12", "5b3a20")
_SHOE_COLORS = (
    "f1efea", "1f1f21", "6b4a33", "8a8d90", "2c3a52", "b9a58a", "4a2b22", "d8d2c4", "7a2f2f", "54604a", "c98f86",
)  # fmt: skip
_UNDERWEAR = ("efe9df", "d9c7b4", "2a2a2d", "9a9a9c", "c3b2a4", "43474f")
_LIPSTICKS = ("a83a46", "b5525a", "8c2f3d", "c06a66", "9a4650", "b8433c")

HAIR_STYLES: Mapping[Sex, tuple[str, ...]] = {
    "female": (
        "long straight", "long wavy", "shoulder", "bob", "ponytail", "bun", "long wavy", "shoulder", "curly", "afro",
        "short crop", "long straight",
    ),
    "male": (
        "short crop", "side part", "quiff", "buzz", "short crop", "side part", "quiff", "buzz", "short crop", "curly",
        "afro", "bald", "side part", "shoulder", "bun",
    ),
}  # fmt: skip
SHOE_STYLES: Mapping[Sex, tuple[str, ...]] = {
    "female": ("sneaker", "flat", "boot", "loafer", "sneaker", "sandal"),
    "male": ("sneaker", "loafer", "boot", "sneaker", "sandal"),
}
_BEARDS = ("none", "none", "none", "none", "stubble", "stubble", "short beard", "moustache")
_GLASSES = ("round", "square")


@dataclass(frozen=True)
class Appearance:
    """One look; colours are (3,) float64 linear reflectance, amounts in [0, 1] unless said otherwise.

    Attributes:
        index: its number in the catalogue.
        skin, lips, brow, iris, hair, underwear, lipstick: colours.
        melanin: 0 palest, 1 darkest skin.
        redness: blood under the skin: cheeks, nose, ears, knees.
        brow_thickness, brow_arch: shape of the eyebrows.
        freckles, age, makeup, stubble: how much; make-up shows on women, stubble on men.
        beard: none, stubble, short beard, moustache (men).
        hair_style, shoe_style: by sex; the person's sex chooses.
        hair_gray: share of gray strands.
        hair_volume: 0.7 flat to 1.35 full.
        hair_length: 0.85 to 1.2, multiplies the style's length.
        parting: -1 on the right, 1 on the left, 0 in the middle.
        recession_cm: how far a man's temples have drawn back.
        shoe, sole, sock: colours; ``socks`` whether worn.
        glasses: none, round, square; ``frame`` their colour.
        face_sliders: anny's local sliders that make the face; merge into ``BodyShape.local``.
    """

    index: int
    skin: np.ndarray
    melanin: float
    redness: float
    lips: np.ndarray
    lipstick: np.ndarray
    brow: np.ndarray
    brow_thickness: float
    brow_arch: float
    iris: np.ndarray
    freckles: float
    age: float
    makeup: float
    stubble: float
    beard: str
    hair: np.ndarray
    hair_gray: float
    hair_style: Mapping[Sex, str]
    hair_volume: float
    hair_length: float
    parting: float
    recession_cm: float
    shoe: np.ndarray
    sole: np.ndarray
    sock: np.ndarray
    socks: bool
    shoe_style: Mapping[Sex, str]
    glasses: str
    frame: np.ndarray
    underwear: np.ndarray
    face_sliders: Mapping[str, float]


def appearance(index: int) -> Appearance:
    """Number ``index`` of the catalogue.

    Raises:
        ConfigError: ``index`` outside [0, NUM_APPEARANCES).
    """
    check_index("appearance", index, NUM_APPEARANCES)
    rng = np.random.default_rng([index, _STREAM])
    melanin = float(np.clip(rng.beta(1.1, 1.25), 0.0, 1.0))
    skin = _skin_color(melanin, rng)
    age = float(rng.beta(1.3, 2.2))
    dark = melanin > 0.55 or rng.random() < 0.35
    hair = _vary(linear(_pick(rng, _HAIR_DARK if dark else _HAIR_LIGHT)), rng, 0.12)
    gray = float(np.clip(rng.normal((age - 0.55) * 1.1, 0.12), 0.0, 0.95))
    glasses = _pick(rng, _GLASSES) if rng.random() < 0.14 else "none"
    return Appearance(
        index=index,
        skin=skin,
        melanin=melanin,
        redness=float(rng.uniform(0.35, 1.0)) * (1.0 - 0.6 * melanin),
        lips=_lip_color(skin, melanin, rng),
        lipstick=linear(_pick(rng, _LIPSTICKS)),
        brow=np.minimum(hair * rng.uniform(0.45, 0.8), 0.13) * (1.0 - 0.5 * melanin),
        brow_thickness=float(rng.uniform(0.25, 1.0)),
        brow_arch=float(rng.uniform(0.0, 1.0)),
        iris=_vary(linear(_pick(rng, _IRIS_DARK if melanin > 0.32 or dark else _IRIS_LIGHT)), rng, 0.15),
        freckles=float(max(0.0, rng.normal(-0.35, 0.5))) * (1.0 - melanin),
        age=age,
        makeup=float(max(0.0, rng.normal(0.3, 0.35))),
        stubble=float(rng.uniform(0.1, 0.8)),
        beard=_pick(rng, _BEARDS),
        hair=hair,
        hair_gray=gray,
        hair_style={sex: _hair_style(rng, styles, melanin) for sex, styles in HAIR_STYLES.items()},
        hair_volume=float(rng.uniform(0.75, 1.3)),
        hair_length=float(rng.uniform(0.88, 1.18)),
        parting=float(rng.choice([-1.0, -0.6, 0.0, 0.6, 1.0])),
        recession_cm=float(max(0.0, rng.normal(0.5 + 1.5 * age, 0.7))),
        shoe=_vary(linear(_pick(rng, _SHOE_COLORS)), rng, 0.1),
        sole=linear("efeeea") if rng.random() < 0.6 else linear("2a2624"),
        sock=linear(_pick(rng, ("f0eee9", "2b2b2e", "8c8f92"))),
        socks=bool(rng.random() < 0.5),
        shoe_style={sex: _pick(rng, styles) for sex, styles in SHOE_STYLES.items()},
        glasses=glasses,
        frame=linear(_pick(rng, ("191716", "4a2f20", "6d7073", "8a6a3f"))),
        underwear=linear(_pick(rng, _UNDERWEAR)),
        face_sliders=_face_sliders(rng, age),
    )


def with_face(shape: BodyShape, look: Appearance) -> BodyShape:
    """``shape`` with the face of ``look``; sliders that are no part of a face stay as they are."""
    return replace(shape, local={**shape.local, **look.face_sliders})


def _pick(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]


def _hair_style(rng: np.random.Generator, styles: tuple[str, ...], melanin: float) -> str:
    tight = {"afro", "curly"} if melanin < 0.35 else {"afro"} if melanin < 0.5 else set()
    return _pick(rng, tuple(style for style in styles if style not in tight))


def _vary(color: np.ndarray, rng: np.random.Generator, spread: float) -> np.ndarray:
    varied: np.ndarray = np.clip(color * np.exp(rng.normal(0.0, spread) + rng.normal(0.0, 0.25 * spread, 3)), 0.0, 0.95)
    return varied


def _skin_color(melanin: float, rng: np.random.Generator) -> np.ndarray:
    table = np.array([linear(tone) for tone in _TONES])
    at = np.linspace(0.0, 1.0, len(table))
    base = np.array([np.interp(melanin, at, table[:, channel]) for channel in range(3)])
    warmth, pink = rng.normal(0.0, 0.045), rng.normal(0.0, 0.035)
    shift = np.array([1.0 + pink, 1.0 - 0.6 * pink, 1.0 - warmth])
    soft: np.ndarray = 0.88 * base + 0.12 * base.mean()
    return soft * shift * np.exp(rng.normal(0.0, 0.05))


def _lip_color(skin: np.ndarray, melanin: float, rng: np.random.Generator) -> np.ndarray:
    rose = linear("b4616a") * (1.0 - melanin) + linear("5f3136") * melanin
    amount = rng.uniform(0.45, 0.7)
    return skin * (1.0 - amount) + rose * amount


def _face_sliders(rng: np.random.Generator, age: float) -> dict[str, float]:
    def around(mean: float, spread: float) -> float:
        return float(np.clip(rng.normal(mean, spread), -0.8, 0.8))

    eye, out, fold, bones, cheek, ear = (
        around(0.3, 0.2), around(0.0, 0.15), around(0.0, 0.25), around(0.0, 0.3), around(0.15, 0.25), around(-0.2, 0.2),
    )  # fmt: skip
    sides = {"eye-scale-incr": eye, "eye-trans-out": out, "eye-epicanthus-out": fold, "cheek-bones-incr": bones,
             "cheek-volume-incr": cheek, "ear-scale-incr": ear}  # fmt: skip
    return {f"{side}-{name}": value for name, value in sides.items() for side in "lr"} | {
        "eyebrows-trans-up": around(0.3, 0.2),
        "eyebrows-angle-up": around(0.25, 0.2),
        "mouth-angles-up": around(0.45, 0.15),
        "mouth-upperlip-volume-incr": around(0.15, 0.25),
        "mouth-lowerlip-volume-incr": around(0.1, 0.25),
        "mouth-scale-horiz-incr": around(0.05, 0.2),
        "nose-scale-horiz-incr": around(-0.05, 0.3),
        "nose-scale-vert-incr": around(-0.05, 0.2),
        "nose-hump-incr": around(-0.1, 0.25),
        "nose-point-up": around(0.1, 0.25),
        "chin-width-incr": around(0.0, 0.25),
        "chin-height-incr": around(-0.05, 0.2),
        "chin-prominent-incr": around(0.05, 0.2),
        "head-fat-incr": around(0.0, 0.2),
        "head-age-incr": around(-0.45 + 0.6 * age, 0.1),
        "head-scale-horiz-incr": around(0.0, 0.15),
        "forehead-scale-vert-incr": around(-0.1, 0.15),
    }
