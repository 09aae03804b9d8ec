"""Plans every group of cases from the config's seed and the group's number: who, in what, changed to what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import numpy as np

from fitroom.wardrobe import views
from fitroom.wardrobe.catalogues import Catalogues
from fitroom.wardrobe.config import WardrobeConfig
from fitroom.wardrobe.outfits import Stylist, Wearer
from fitroom.wardrobe.outline import Outline, outlines
from fitroom.wardrobe.patterns.menus import MENUS
from fitroom.wardrobe.patterns.pattern import SIZES, Category, Region
from fitroom.wardrobe.plan import CasePlan, GarmentPlan, GroupPlan, PersonPlan
from fitroom.wardrobe.registry import NothingFits, Registry

REGIONS: tuple[Region, ...] = ("top", "bottom", "dress", "outerwear")
REGION_SHARES = (0.46, 0.24, 0.17, 0.13)
MAX_SIZES_OFF = 2  # from the recommended size, when one garment goes round several bodies
MIDDLE_SIZES = ("S", "M", "L")  # of a body that is to wear all sizes
MAX_DRAWS = 50  # of a group: no shop sells a coat for summer, and a small split may lack more
_STREAM = 80_001

Parts = tuple[PersonPlan, GarmentPlan, GarmentPlan, tuple[GarmentPlan, ...]]


class Planner:
    """Plans groups; the same group whoever asks, in whatever order.

    Args:
        config: of the data set.
        catalogues: what there is to draw from.
        registry: what belongs to which split; None = that of the catalogues.
    """

    def __init__(self, config: WardrobeConfig, catalogues: Catalogues, registry: Registry | None = None) -> None:
        self.config, self.catalogues = config, catalogues
        self.registry = registry or catalogues.registry()
        self.outlines = outlines(config)

    def plan(self, number: int) -> GroupPlan:
        """The group of that number; season, region and wearer are drawn anew where its split has no garment for them.

        Raises:
            NothingFits: not for the last of :data:`MAX_DRAWS` either.
        """
        outline = self.outlines[number]
        rng = np.random.default_rng([self.config.seed, number, _STREAM])
        seed = int(rng.integers(2**63))
        for _ in range(MAX_DRAWS - 1):
            with suppress(NothingFits):
                return GroupPlan(outline.group_id, seed, self._cases(outline, rng))
        return GroupPlan(outline.group_id, seed, self._cases(outline, rng))

    def _cases(self, outline: Outline, rng: np.random.Generator) -> tuple[CasePlan, ...]:
        group = _Group(self, outline, rng)
        first = group.first_look()
        others = (group.another_look(first, look) for look in range(1, self.config.looks))
        return tuple(first + [case for cases in others for case in cases])


def plan_groups(config: WardrobeConfig, catalogues: Catalogues) -> Iterator[GroupPlan]:
    """All groups of a data set, in order."""
    planner = Planner(config, catalogues)
    return map(planner.plan, range(len(planner.outlines)))


class _Group:
    """One group in the making: region, season and split are settled first, then who and what."""

    def __init__(self, planner: Planner, outline: Outline, rng: np.random.Generator) -> None:
        self.config, self.catalogues, self.registry = planner.config, planner.catalogues, planner.registry
        self.outline, self.rng = outline, rng
        self.stylist = Stylist(self.catalogues, self.registry, rng)
        self.season = self.stylist.season()
        self.region: Region = REGIONS[int(rng.choice(len(REGIONS), p=REGION_SHARES))]
        self.category: Category | None = None
        if wanted := self.config.categories:
            self.category = wanted[int(rng.integers(len(wanted)))]
            self.region = MENUS[self.category].region

    def first_look(self) -> list[CasePlan]:
        """The cases of the kind the outline asks for."""
        make = {
            "paired": self._paired,
            "counterfactual-garment": self._garments,
            "counterfactual-size": self._sizes,
            "size-across-bodies": self._bodies,
            "leak": self._leak,
        }
        return [
            CasePlan(self._case_id(i), self.outline.kind, self.outline.split, *parts)
            for i, parts in enumerate(make[self.outline.kind]())
        ]

    def another_look(self, cases: list[CasePlan], look: int) -> list[CasePlan]:
        """The same drapes in other prints, from another side, elsewhere; what was equal before is equal again."""
        prints: dict[GarmentPlan, int] = {}
        people: dict[PersonPlan, PersonPlan] = {}

        def anew(garment: GarmentPlan) -> GarmentPlan:
            product = replace(garment, size=SIZES[0])  # all sizes of it are one product, in one print
            if product not in prints:
                prints[product] = self.stylist.print_(garment.design, self.outline.split)
            return replace(garment, print=prints[product])

        changed = []
        for i, case in enumerate(cases, len(cases) * look):
            if case.person not in people:
                people[case.person] = self._seen_anew(case.person, cases)
            source, target, *others = map(anew, (case.source, case.target, *case.others))
            person = people[case.person]
            changed.append(CasePlan(self._case_id(i), case.kind, case.split, person, source, target, tuple(others)))
        return changed

    # ----------------------------------------------------------------------------------------------- five kinds

    def _paired(self) -> Iterator[Parts]:
        wearer = self._wearer()
        garment = self._target(wearer)
        yield self._person(wearer, garment), garment, garment, self._others(wearer)

    def _garments(self) -> Iterator[Parts]:
        """Each garment is put on in place of the one before, so every drape serves as source and as target."""
        wearer = self._wearer()
        garments = self._different(wearer, self.config.garments_per_person)
        person, others = self._person(wearer, *garments), self._others(wearer)
        for source, target in zip(garments, [*garments[1:], garments[0]], strict=True):
            yield person, source, target, others

    def _sizes(self) -> Iterator[Parts]:
        """On a body from the middle of the chart, so that no size is hopeless."""
        wearer = self._wearer()
        target = self._target(wearer)
        wearer = replace(wearer, body=self._like(wearer.body, lambda body: self._size(target, body) in MIDDLE_SIZES))
        source = self.stylist.garment(wearer, self.region, besides=(target.design,))
        person, others = self._person(wearer, source, target), self._others(wearer)
        for size in SIZES:
            yield person, source, replace(target, size=size), others

    def _bodies(self) -> Iterator[Parts]:
        wearer = self._wearer()
        target = self._target(wearer)
        bodies = [wearer.body]
        while len(bodies) < self.config.bodies_per_garment:
            bodies.append(self._like(wearer.body, lambda body: body not in bodies and self._nearly_fits(target, body)))
        for body in bodies:
            wearer = replace(wearer, body=body)
            source = self.stylist.garment(wearer, self.region, besides=(target.design,))
            yield self._person(wearer, source, target), source, target, self._others(wearer)

    def _leak(self) -> Iterator[Parts]:
        wearer = self._wearer()
        target, *sources = self._different(wearer, self.config.sources_per_target + 1)
        person, others = self._person(wearer, target, *sources), self._others(wearer)
        for source in sources:
            yield person, source, target, others

    # -------------------------------------------------------------------------------------------------- their parts

    def _case_id(self, number: int) -> str:
        return f"{self.outline.group_id}-{number}"

    def _wearer(self) -> Wearer:
        """A body; a woman's for dresses, which no shop lists for men."""

        def suits(body: int) -> bool:
            return self.region != "dress" or self.catalogues.sex(body) == "female"

        return Wearer(self.registry.draw("body", self.outline.split, self.rng, suits), self.season, self.outline.split)

    def _like(self, body: int, suits: Callable[[int], bool]) -> int:
        """A body of the same sex that suits."""
        sex = self.catalogues.sex(body)
        return self.registry.draw(
            "body", self.outline.split, self.rng, lambda other: self.catalogues.sex(other) == sex and suits(other)
        )

    def _size(self, garment: GarmentPlan, body: int) -> str:
        return self.catalogues.size(garment.design, body)

    def _nearly_fits(self, garment: GarmentPlan, body: int) -> bool:
        return abs(SIZES.index(self._size(garment, body)) - SIZES.index(garment.size)) <= MAX_SIZES_OFF

    def _target(self, wearer: Wearer) -> GarmentPlan:
        return self.stylist.garment(wearer, self.region, category=self.category)

    def _different(self, wearer: Wearer, number: int) -> list[GarmentPlan]:
        """A target, and further garments of the group's region, all of different designs."""
        garments = [self._target(wearer)]
        for _ in range(number - 1):
            besides = tuple(garment.design for garment in garments)
            garments.append(self.stylist.garment(wearer, self.region, besides=besides))
        return garments

    def _others(self, wearer: Wearer) -> tuple[GarmentPlan, ...]:
        """What is missing to be fully dressed, in sizes that fit, from the body outwards."""
        missing: dict[Region, tuple[Region, ...]] = {
            "top": ("bottom",), "bottom": ("top",), "dress": (), "outerwear": ("bottom", "top"),
        }  # fmt: skip
        return tuple(
            self.stylist.garment(
                wearer, region, fit="recommended", under=self.region == "outerwear" and region == "top"
            )
            for region in missing[self.region]
        )

    def _person(self, wearer: Wearer, *garments: GarmentPlan) -> PersonPlan:
        designs = [self.catalogues.design(garment.design) for garment in garments]
        return views.person(self.catalogues, self.registry, self.rng, wearer.split, wearer.body, designs)

    def _seen_anew(self, who: PersonPlan, cases: list[CasePlan]) -> PersonPlan:
        """Framed so that everything they wear in any of the cases shows."""
        worn = [garment for case in cases if case.person == who for garment in (case.target, case.source)]
        designs = [self.catalogues.design(garment.design) for garment in worn]
        return views.seen(who, self.registry, self.rng, self.outline.split, designs)
