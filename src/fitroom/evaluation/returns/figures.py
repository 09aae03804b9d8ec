"""A merchant's own figures: what is sold, what comes back, why, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass, field

from fitroom.errors import ConfigError

# Why clothes come back. Advice on size can mend the first, a true picture the second; nothing here mends the others.
SIZE_REASONS = ("too small", "too large")
LOOK_REASONS = ("looks different",)
OUTSIDE = ("fabric feel", "change of mind", "worn and returned", "damaged or wrong item", "other")
REASONS = (*SIZE_REASONS, *LOOK_REASONS, *OUTSIDE)


@dataclass
class MerchantFigures:
    """One merchant, one year. The shares by reason are placeholders until the merchant's own are given."""

    orders: int = 100_000
    """Pieces sold a year."""
    return_rate: float = 0.30
    """Share of them that comes back. Women's wear: 0.30 was told of 2019, 0.65 to 0.80 of 2025."""
    reasons: dict[str, float] = field(
        default_factory=lambda: {
            "too small": 0.20, "too large": 0.20, "looks different": 0.15, "fabric feel": 0.10, "change of mind": 0.20,
            "worn and returned": 0.05, "damaged or wrong item": 0.05, "other": 0.05,
        }
    )  # fmt: skip
    """Share of the returns by reason, adding up to 1."""
    cost_per_return: float = 26.0
    """Freight, handling and loss of value of one return; 20 to 32 yuan were told."""
    margin: float = 60.0
    """Gross margin of a piece that is kept; 60 yuan of a 150-yuan piece were told."""
    currency: str = "yuan"
    """Of the amounts."""

    def __post_init__(self) -> None:
        if self.orders < 1 or not 0 < self.return_rate < 1 or self.cost_per_return < 0 or self.margin < 0:
            raise ConfigError(
                "these figures cannot be a merchant's",
                rule="orders of 1 or more, return_rate between 0 and 1 (30 % is 0.3), costs of 0 or more",
                got=(self.orders, self.return_rate, self.cost_per_return, self.margin),
            )
        if unknown := sorted(set(self.reasons) - set(REASONS)):
            raise ConfigError("a reason is not known", where="reasons", rule=", ".join(REASONS), got=unknown)
        total = sum(self.reasons.values())
        if abs(total - 1) > 1e-6 or min(self.reasons.values()) < 0:
            raise ConfigError(
                "the shares by reason do not add up", where="reasons", rule="each 0 or more, together 1",
                got=f"{total:g}", fix="give returns whose reason is not known as other",
            )  # fmt: skip

    def share(self, reasons: tuple[str, ...]) -> float:
        """Of the returns that name one of the reasons."""
        return sum(self.reasons.get(name, 0.0) for name in reasons)
