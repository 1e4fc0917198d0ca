"""Does the analysis of listening tests find what is there, and not what is not? Simulated listeners, drawn anew.

Every listener is strict or mild, every sound comes out well or badly, every system has luck with some sounds, people
have tastes, and all of it is rounded to whole grades from 1 to 5. Four systems (one is the hidden real sound) and an
anchor, 18 sounds, of which each listener hears 9.
"""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from table import Row, arguments, finish, machine

from tritone.judge.listen.analysis import Comparison, result_of
from tritone.judge.listen.design import EXCLUSION
from tritone.judge.listen.exclusion import inattentive
from tritone.judge.listen.simulate import Variation, simulated, widths
from tritone.judge.listen.test import ANCHOR, REAL, Exclusion

ITEMS, PER_LISTENER = 18, 9
PANELS = (8, 20, 40)
PLANTED = 0.5
RESAMPLES = 300


def wilson(found: int, of: int) -> tuple[float, float]:
    """A 95 % interval of a share."""
    share, z = found / of, 1.96
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def share(what: str, found: int, of: int, bar: str | None = None, holds: bool | None = None) -> Row:
    low, high = wilson(found, of)
    return Row(what, found / of, None, None, "share", of, f"{low:.3f} to {high:.3f}", bar, holds)


def draw(tests: int, listeners: int, advantages: Sequence[float], variation: Variation) -> list[tuple[Comparison, ...]]:
    """The comparisons of so many tests."""
    systems = dict(zip(("a", "b", "c", REAL), advantages, strict=True)) | {ANCHOR: -1.5}
    rng = np.random.default_rng(listeners)
    found = []
    for seed in range(tests):
        votes = simulated(
            variation, systems, rng, listeners=listeners, items=ITEMS, per_listener=PER_LISTENER
        )  # fmt: skip
        found.append(result_of(votes, "rating", votes.columns, RESAMPLES, seed).comparisons)
    return found


def without_difference(tests: int, listeners: int, name: str, variation: Variation) -> list[Row]:
    """False alarms: of a whole test, whatever pair it is about."""
    drawn = draw(tests, listeners, (0, 0, 0, 0), variation)
    strict = sum(any(one.holds == "other sounds" for one in test) for test in drawn)
    loose = sum(any(one.holds for one in test) for test in drawn)
    inside = sum(one.low <= 0 <= one.high for test in drawn for one in test)
    label = f"{listeners} listeners, {name}"
    return [
        share(f"{label}: tests with a false alarm", strict, tests, "<= 0.05", strict <= 0.05 * tests),
        share(f"{label}: the same by the signed ranks of listeners alone", loose, tests),
        share(f"{label}: intervals of a difference that hold 0", inside, 6 * tests, ">= 0.95", inside >= 5.7 * tests),
    ]


def with_difference(tests: int, listeners: int) -> Row:
    """A system that is half a grade better than two others."""
    drawn = draw(tests, listeners, (0, 0, PLANTED, PLANTED), Variation())
    better = [one for test in drawn for one in test if (one.first in "ab") != (one.second in "ab")]
    found = sum(one.holds == "other sounds" and one.difference < 0 for one in better)
    expected = widths(Variation(), ITEMS, PER_LISTENER)[listeners]
    label = f"{listeners} listeners: {PLANTED:g} grades found (expected interval +-{expected:.2f})"
    return share(label, found, len(better))


def who_is_left_out(tests: int) -> list[Row]:
    """The rule of exclusion, with five of twenty listeners who press any key; beside it the stricter one of 4 of 5."""
    rng = np.random.default_rng(0)
    rules = (EXCLUSION["rating"], Exclusion(4.0, 0.15))
    out = np.zeros((2, 2), int)
    for _ in range(tests):
        votes = simulated(
            Variation(), {"a": 0.0, REAL: 0.8, ANCHOR: -1.2}, rng, listeners=20, items=ITEMS,
            per_listener=PER_LISTENER, careless=5,
        )  # fmt: skip
        for place, rule in enumerate(rules):
            left = inattentive("rating", rule, votes)
            careless = sum(name in left for name in votes.listeners[-5:])
            out[place] += len(left) - careless, careless
    found = []
    for kind, (name, of) in enumerate((("who listen", 15), ("who press any key", 5))):
        low, high = wilson(int(out[0, kind]), of * tests)
        strict = out[1, kind] / (of * tests)
        what = f"listeners {name} that are left out (peer: real sound below 4 in more than 15 %)"
        found.append(
            Row(what, out[0, kind] / (of * tests), strict, None, "share", of * tests, f"{low:.3f} to {high:.3f}")
        )
    return found


def main() -> None:
    args = arguments(__doc__ or "")
    tests = 120 if args.quick else 1000
    rows = [
        row
        for listeners in PANELS
        for name, variation in (("sounds differ", Variation()), ("sounds are alike", Variation(item=0.0, luck=0.0)))
        for row in without_difference(tests, listeners, name, variation)
    ]
    rows += [with_difference(tests, listeners) for listeners in PANELS]
    rows += who_is_left_out(tests)
    finish("listen_power", rows, machine(), args.json)


if __name__ == "__main__":
    main()
