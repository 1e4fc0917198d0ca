"""Who does not count, by the rule that was fixed in the key before anybody listened."""

from collections.abc import Sequence

import numpy as np

from tritone.judge.listen.test import ANCHOR, MID_ANCHOR, REAL, Answer, Exclusion, Key, Kind, Test
from tritone.judge.listen.votes import Votes

FINISHED = 0.5
"""Share of the screens that a listener must have answered."""
_EASY = 0.25
"""Where more listeners than this take the 7 kHz anchor of an item for the reference, that item is no sign of them."""


def excluded(test: Test, key: Key, answers: Sequence[Answer], votes: Votes) -> dict[str, str]:
    """Listeners who do not count, each with the reason; `votes` are those on the key's primary question."""
    training = {trial.id for trial in test.trials if trial.training}
    screens = sum(name not in training for name, _ in test.orders[0].screens)
    done: dict[str, set[str]] = {name: set() for name in votes.listeners}
    for answer in answers:
        if answer.trial not in training:
            done[answer.listener].add(answer.trial)
    found = {
        name: f"answered {len(trials)} of {screens} screens"
        for name, trials in done.items()
        if len(trials) < FINISHED * screens
    }
    return inattentive(test.kind, key.exclusion, votes) | found


def inattentive(kind: Kind, rule: Exclusion, votes: Votes) -> dict[str, str]:
    """Listeners who did not know real sound when they heard it, each with what shows it."""
    real = votes.of((REAL, ANCHOR)) if kind == "preference" else votes.of(REAL)
    easy = _easy_items(votes, rule) if kind == "mushra" else None
    found: dict[str, str] = {}
    for place, name in enumerate(votes.listeners):
        heard = real[place][~np.isnan(real[place])]
        missed = int((heard < rule.real_below).sum())
        if len(heard) and missed > rule.share * len(heard):
            found[name] = f"missed {missed} of {len(heard)} real sounds"
        elif rule.over_anchor and kind == "rating":
            if (reason := _no_better_than_anchor(votes, place)) is not None:
                found[name] = reason
        elif rule.over_anchor and easy is not None:
            middle = votes.of(MID_ANCHOR)[place][~easy]
            middle = middle[~np.isnan(middle)]
            taken = int((middle > rule.real_below).sum())
            if len(middle) and taken > rule.share * len(middle):
                found[name] = f"took {taken} of {len(middle)} anchors of 7 kHz for the reference"
    return found


def _no_better_than_anchor(votes: Votes, place: int) -> str | None:
    both = votes.of(REAL)[place] - votes.of(ANCHOR)[place]
    both = both[~np.isnan(both)]
    return "did not value real sound above the anchor" if len(both) and both.mean() <= 0 else None


def _easy_items(votes: Votes, rule: Exclusion) -> np.ndarray:
    """Items whose 7 kHz anchor many take for the reference: there is little above 7 kHz in them (BS.1534-3, 4.1.2)."""
    middle = votes.of(MID_ANCHOR)
    asked = (~np.isnan(middle)).sum(0)
    return np.asarray((middle > rule.real_below).sum(0) > _EASY * np.maximum(asked, 1))
