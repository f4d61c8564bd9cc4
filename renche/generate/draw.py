"""Chance that repeats: numbered streams of random numbers, weighted tables, and numbers without collisions.

Only `Random.random()` is drawn from: its sequence for a given seed is promised by Python for all versions.
"""

from hashlib import blake2b
from math import gcd
from random import Random
from typing import TypeVar

T = TypeVar("T")


def stream(seed: int, name: str) -> Random:
    """A source of chance that depends on the seed and the name alone, so parts are made in any order."""
    digest = blake2b(f"{seed}:{name}".encode(), digest_size=16).digest()
    return Random(int.from_bytes(digest, "big"))  # noqa: S311 - invented data, no secret hangs on it


def spread(weights: dict[T, int]) -> tuple[T, ...]:
    """A table that holds each thing as often as its weight: one draw of a position is a weighted choice."""
    return tuple(thing for thing, weight in weights.items() for _ in range(weight))


class Scatter:
    """Numbers 0, 1, 2, ... laid out over [0, size) without order and without a collision."""

    __slots__ = ("shift", "size", "step")

    def __init__(self, seed: int, name: str, size: int) -> None:
        """Lay out `size` places; different seeds and names give different orders."""
        chance = stream(seed, name)
        step = int((0.55 + chance.random() * 0.1) * size) | 1
        while gcd(step, size) != 1:
            step += 2
        self.size, self.step, self.shift = size, step, int(chance.random() * size)

    def __call__(self, number: int) -> int:
        """The place of `number`; numbers that differ by less than `size` never meet."""
        return (number * self.step + self.shift) % self.size
