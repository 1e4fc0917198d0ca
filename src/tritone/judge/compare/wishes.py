"""What every system is asked for: one new sound for each of some held-out sounds, of its length, kind and tempo."""

from collections.abc import Sequence
from dataclasses import dataclass

from tritone.judge.clips import Clip, Clips


@dataclass(frozen=True)
class Wish:
    """One sound. Systems that know neither labels nor tempos hear only of its length."""

    item: str
    """Name that it has in every system."""
    seed: int
    """As `tritone generate --seed` takes it."""
    real: Clip
    """Sound that the form is taken from and that stands beside it; no system hears it."""


def wishes_of(real: Clips, count: int, seed: int = 0) -> list[Wish]:
    """`count` wishes after held-out sounds that lie evenly spread; where these are fewer, they serve again in turn."""
    size = len(real)
    places = [number * size // count if count <= size else number % size for number in range(count)]
    return [Wish(f"seed {seed + number}", seed + number, real.clips[place]) for number, place in enumerate(places)]


def each_once(wishes: Sequence[Wish]) -> list[Clip]:
    """The held-out sounds of wishes, each once, in their order."""
    return list({wish.real.name: wish.real for wish in wishes}.values())
