from math import log

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tritone.families.gan.turn import random_gain, turn, turn_by_beats

FRAMES, BEATS = 24, 4
BEAT = FRAMES // BEATS


def numbered(batch):
    """Every frame holds its own number."""
    return torch.arange(float(FRAMES)).expand(batch, 2, 3, FRAMES).clone()


def shifts(made):
    """By how many frames each row was turned; fails where a row is no rotation."""
    found = []
    for row in made:
        shift = int((-row[0, 0, 0]) % FRAMES)
        assert torch.equal(row, numbered(1)[0].roll(shift, dims=-1))
        found.append(shift)
    return torch.tensor(found)


def test_turns_are_whole_beats_and_as_likely_as_asked():
    seeds = torch.randint(1 << 62, (4000,))
    found = shifts(turn_by_beats(numbered(4000), BEATS, seeds, 0.4))
    assert set(found.tolist()) == {0, BEAT, 2 * BEAT, 3 * BEAT}
    assert (found > 0).float().mean() == pytest.approx(0.4, abs=0.03)
    for beat in (1, 2, 3):
        assert (found == beat * BEAT).float().mean() == pytest.approx(0.4 / 3, abs=0.025)


def test_never_and_always():
    seeds = torch.arange(200)
    assert torch.equal(turn_by_beats(numbered(200), BEATS, seeds, 0.0), numbered(200))
    assert (shifts(turn_by_beats(numbered(200), BEATS, seeds, 1.0)) > 0).all()
    assert torch.equal(turn_by_beats(numbered(200), 1, seeds, 1.0), numbered(200))


def test_the_seam_comes_to_lie_inside():
    seeds = torch.arange(50)
    made = turn_by_beats(numbered(50), BEATS, seeds, 1.0)[:, 0, 0]
    last_to_first = (made[:, :-1] == FRAMES - 1) & (made[:, 1:] == 0)
    assert (last_to_first.sum(dim=1) == 1).all()


@given(seeds=st.lists(st.integers(0, 2**62), min_size=2, max_size=6))
@settings(max_examples=20, deadline=None)
def test_a_row_depends_on_its_own_seed_alone(seeds):
    mel, numbers = torch.randn(len(seeds), 1, 2, FRAMES), torch.tensor(seeds)
    for change in (lambda x, s: turn_by_beats(x, BEATS, s, 0.7), lambda x, s: random_gain(x, s, 6.0)):
        together = change(mel, numbers)
        alone = torch.cat([change(mel[i : i + 1], numbers[i : i + 1]) for i in range(len(seeds))])
        assert torch.equal(together, alone)


def test_gradient_is_the_inverse_turn():
    mel = torch.randn(3, 2, 4, FRAMES, dtype=torch.float64, requires_grad=True)
    weight, shift = torch.randn(3, 2, 4, FRAMES, dtype=torch.float64), torch.tensor([0, 5, 23])
    (turn(mel, shift) * weight).sum().backward()
    for row, by in enumerate(shift.tolist()):
        assert torch.equal(mel.grad[row], weight[row].roll(-by, dims=-1))


def test_beats_must_divide():
    with pytest.raises(ValueError, match="24 frames cannot be divided into 5 beats"):
        turn_by_beats(numbered(1), 5, torch.tensor([1]), 1.0)


def test_gain_is_one_constant_within_its_range():
    mel = torch.randn(500, 2, 3, 4)
    change = random_gain(mel, torch.arange(500), 6.0) - mel
    assert torch.allclose(change, change[:, :1, :1, :1].expand_as(change), atol=1e-5)
    decibels = change[:, 0, 0, 0] * 20 / log(10)
    assert decibels.abs().max() <= 6.001
    assert decibels.std() == pytest.approx(12 / 12**0.5, rel=0.08)
    assert decibels.mean() == pytest.approx(0.0, abs=0.6)
    assert torch.equal(random_gain(mel, torch.arange(500), 0.0), mel)
