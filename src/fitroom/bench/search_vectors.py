"""Vectors as a catalogue's embedding has them: few directions in which products differ, families of like ones."""

from __future__ import annotations

import numpy as np

FAMILY = 40  # products about, that are alike: a design in its colours and prints
SPREAD = 0.5  # of a family, beside that of all families


class VectorSource:
    """Vectors by number; whoever asks for the same portion gets the same ones.

    Args:
        dim: D, width of a vector.
        own_dim: directions in which products differ.
        noise: standard deviation of what is in all directions, as a share of a vector's length.
        seed: of everything.
    """

    def __init__(self, dim: int, own_dim: int, noise: float, seed: int) -> None:
        self.noise, self.seed = noise, seed
        rng = np.random.default_rng([seed, 0])
        self._directions_ED = np.linalg.qr(rng.normal(size=(dim, own_dim)))[0].T.astype(np.float32)

    def products(self, numbers_N: np.ndarray) -> np.ndarray:
        """(N, D) float32 of unit length. Numbers that are neighbours are not alike: families are dealt out."""
        return self._placed(*self._own(numbers_N))

    def queries(self, count: int) -> np.ndarray:
        """(count, D) float32 of unit length: of families of the catalogue, and no product's own."""
        rng = np.random.default_rng([self.seed, 1])
        own_NE, _ = self._own(np.arange(count) * 17)
        shape = own_NE.shape
        return self._placed(own_NE + SPREAD * rng.normal(size=shape).astype(np.float32), rng)

    def _own(self, numbers_N: np.ndarray) -> tuple[np.ndarray, np.random.Generator]:
        rng = np.random.default_rng([self.seed, 2, int(numbers_N[0]), len(numbers_N)])
        own_dim = len(self._directions_ED)
        # Every family is a function of its number; there are more of them the larger the catalogue.
        family_N = (numbers_N // FAMILY**2) * FAMILY + numbers_N % FAMILY
        names, place_N = np.unique(family_N, return_inverse=True)
        middle_FE = np.stack([np.random.default_rng([self.seed, 3, int(f)]).normal(size=own_dim) for f in names])
        own_NE = middle_FE[place_N] + SPREAD * rng.normal(size=(len(numbers_N), own_dim))
        return own_NE.astype(np.float32), rng

    def _placed(self, own_NE: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        vectors_ND = own_NE @ self._directions_ED
        vectors_ND /= np.linalg.norm(vectors_ND, axis=1, keepdims=True)
        noise_ND = rng.normal(size=vectors_ND.shape).astype(np.float32)
        vectors_ND = vectors_ND + noise_ND * (self.noise / np.sqrt(vectors_ND.shape[1]))
        return np.asarray(vectors_ND / np.linalg.norm(vectors_ND, axis=1, keepdims=True), np.float32)
