"""Orders are balanced: by place, by neighbour and on the screen, for all listeners and nearly so for the first few."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from tritone.judge.listen import test as listening
from tritone.judge.listen.orders import make_orders, spread, williams


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 13, 30])
def test_williams(count):
    rows = williams(count)
    assert rows.shape == (count if count % 2 == 0 or count == 1 else 2 * count, count)
    for line in rows:
        assert sorted(line) == list(range(count))
    for column in rows.T:
        assert set(Counter(column.tolist()).values()) == {len(rows) // count}
    after = Counter(pair for line in rows.tolist() for pair in pairwise(line))
    if count > 1:
        assert len(after) == count * (count - 1)
        assert len(set(after.values())) == 1


@pytest.mark.parametrize("count", [1, 2, 3, 7, 24, 60, 126])
def test_every_beginning_of_a_spread_order_is_even(count):
    order = spread(count)
    assert sorted(order) == list(range(count))
    for some in range(1, count + 1):
        edges = np.sort(order[:some])
        gaps = np.diff([*edges, edges[0] + count])
        assert gaps.max() <= 3 * count / some + 1


def trials(count, stimuli, prefix=""):
    return [
        listening.Trial(f"{prefix}t{number}", tuple(f"{prefix}{number}-{place}" for place in range(stimuli)))
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("count", "stimuli", "blocks"), [(12, 1, 1), (10, 1, 3), (6, 2, 2), (7, 2, 1), (8, 6, 2), (5, 5, 1)]
)
def test_places_are_balanced_for_all_listeners(count, stimuli, blocks):
    parts = [trials(count, stimuli, f"b{number}") for number in range(blocks)]
    training = [listening.Trial("train", tuple(f"x{place}" for place in range(stimuli)), training=True)]
    orders = make_orders(parts, training)
    screens = [order.screens for order in orders]
    assert all(shown[0] == ("train", training[0].stimuli) for shown in screens)
    for part in parts:
        names = {trial.id for trial in part}
        mine = [shown[1:] for shown in screens if shown[1][0] in names]
        assert len(mine) == len(orders) // blocks
        assert all({name for name, _ in shown} == names for shown in mine)
        places = Counter((name, place) for shown in mine for place, (name, _) in enumerate(shown))
        assert len(places) == count**2 and len(set(places.values())) == 1
        after = Counter((one, two) for shown in mine for (one, _), (two, _) in pairwise(shown))
        assert len(after) == count * (count - 1) and len(set(after.values())) == 1
        on_screen = Counter((sound, place) for shown in mine for _, row in shown for place, sound in enumerate(row))
        assert len(on_screen) == count * stimuli**2 and len(set(on_screen.values())) == 1


def test_blocks_take_turns():
    parts = [trials(4, 1, "a"), trials(4, 1, "b"), trials(4, 1, "c")]
    orders = make_orders(parts, [])
    assert "".join(order.screens[0][0][0] for order in orders) == "abc" * (len(orders) // 3)


def test_the_first_listeners_are_nearly_balanced():
    part = trials(40, 2)
    orders = make_orders([part], [])
    for listeners, largest in ((8, 0.15), (16, 0.08)):
        places, first = np.zeros(40), np.zeros(40)
        for order in orders[:listeners]:
            for place, (name, row) in enumerate(order.screens):
                number = int(name[1:])
                places[number] += place / 39 / listeners
                first[number] += row[0].endswith("-0") / listeners
        assert np.abs(places - 0.5).max() < largest
        assert np.abs(first - 0.5).max() == 0


def test_being_first_on_the_screen_does_not_depend_on_the_hour():
    part = trials(40, 2)
    late = {True: [], False: []}
    for order in make_orders([part], []):
        for place, (_, row) in enumerate(order.screens):
            late[row[0].endswith("-0")].append(place)
    assert abs(np.mean(late[True]) - np.mean(late[False])) < 1
