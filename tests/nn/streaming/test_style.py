"""Statistics that are learned block by block, against numpy on the whole; and that they are exchanged as offline."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tritone.nn.instance_norm import LEAST, AdaptiveInstanceNorm, Statistics, exchange
from tritone.nn.streaming import style
from tritone.nn.streaming.plan import Place, Plan, fresh_state
from tritone.nn.streaming.style import SOURCE, TARGET, StreamingStyle
from tritone.nn.streaming.twins import twin

RATE, LAG, CHANNELS, FRAMES = 3, 5, 4, 20
EMPTY = torch.zeros(1)


def place() -> tuple[StreamingStyle, list[torch.Tensor]]:
    """A place whose signal is `LAG` rows late, and its state before the first frame."""
    plan = Plan({})
    made, behind = twin(AdaptiveInstanceNorm(CHANNELS), Place(RATE, CHANNELS, LAG), plan)
    assert isinstance(made, StreamingStyle) and behind == Place(RATE, CHANNELS, LAG)
    return made, fresh_state(plan.shapes, 1, 0, EMPTY)


def late_signal(seed: int) -> torch.Tensor:
    """`(1, FRAMES * RATE, CHANNELS)`, loud before the sound begins, which must not be learned."""
    scale = torch.tensor([0.1, 1.0, 3.0, 10.0])
    signal = torch.randn(1, FRAMES * RATE, CHANNELS, generator=torch.Generator().manual_seed(seed)) * scale + 2
    signal[:, :LAG] = 1e3
    return signal


def play(layer, signal, state, blocks, turns):
    """All of `signal` in blocks of so many frames; `turns` maps frames, at which a block begins, to changes."""
    outputs, frame, place = [], 0, 0
    while frame < FRAMES:
        for change in turns.get(frame, []):
            state = change(state)
        until = min([each for each in turns if each > frame] + [FRAMES, frame + blocks[place % len(blocks)]])
        state = state.copy()
        outputs.append(layer(signal[:, frame * RATE : until * RATE], [], state))
        state[0] = state[0] + (until - frame)
        frame, place = until, place + 1
    return torch.cat(outputs, 1), state


def known(state: list[torch.Tensor], sound: int) -> tuple[np.ndarray, ...]:
    """Count, mean and deviation of every channel."""
    count, mean, variance = state[1][0, sound + 2 : sound + 5].double().numpy()
    return count, mean, variance**0.5


def learning(sound, on):
    return lambda state: style.with_learning(state, [1], sound, on, int(state[0]))


@pytest.mark.parametrize("sound", [SOURCE, TARGET])
@settings(deadline=None, max_examples=30, database=None, derandomize=True)
@given(blocks=st.lists(st.integers(1, 7), min_size=1, max_size=4), first=st.integers(0, 9), last=st.integers(10, 16))
def test_what_is_learned_is_numpys_of_exactly_those_frames(sound, blocks, first, last):
    layer, state = place()
    signal = late_signal(1)
    turns = {first: [learning(sound, True)], last: [learning(sound, False)]}
    output, state = play(layer, signal, state, blocks, turns)
    rows = signal[0, LAG + first * RATE : LAG + last * RATE].double().numpy()
    count, mean, std = known(state, sound)
    assert (count == (last - first) * RATE).all()
    np.testing.assert_allclose(mean, rows.mean(0), rtol=2e-6, atol=1e-6)
    np.testing.assert_allclose(std, rows.std(0), rtol=1e-5)
    assert torch.equal(output, signal)  # of the other sound nothing is known
    assert not any(known(state, SOURCE + TARGET - sound)[0])


def statistics(seed):
    generator = torch.Generator().manual_seed(seed)
    return Statistics(torch.randn(CHANNELS, generator=generator), 0.1 + torch.rand(CHANNELS, generator=generator))


def knowing(sound, found):
    return lambda state: style.with_statistics(state, [1], sound, [found.mean], [found.std])


def amount(value):
    return lambda state: style.with_amount(state, [1], value)


def both(source, target):
    return [knowing(SOURCE, source), knowing(TARGET, target)]


def test_known_statistics_are_exchanged_as_offline_after_one_block_of_gliding():
    layer, state = place()
    signal, source, target = late_signal(2), statistics(1), statistics(2)
    output, _ = play(layer, signal, state, [4], {0: [*both(source, target), amount(1.0)]})
    wanted = exchange(signal.transpose(1, 2), source, target).transpose(1, 2)
    torch.testing.assert_close(output[:, 4 * RATE :], wanted[:, 4 * RATE :], rtol=1e-5, atol=1e-5)
    way = torch.arange(1, 4 * RATE + 1)[None, :, None] / (4 * RATE)
    expected = signal[:, : 4 * RATE] * (1 - way) + wanted[:, : 4 * RATE] * way
    torch.testing.assert_close(output[:, : 4 * RATE], expected, rtol=1e-5, atol=1e-4)


def test_half_a_style_and_none():
    layer, state = place()
    signal, source, target = late_signal(3), statistics(3), statistics(4)
    turns = {0: [*both(source, target), amount(0.5)], 10: [amount(0.0)]}
    output, state = play(layer, signal, state, [5], turns)
    wanted = exchange(signal.transpose(1, 2), source, target).transpose(1, 2)
    torch.testing.assert_close(output[:, 15:30], (signal + wanted)[:, 15:30] / 2, rtol=1e-5, atol=1e-5)
    assert torch.equal(output[:, 15 * RATE :], signal[:, 15 * RATE :])
    assert layer.least == LEAST


def test_while_a_target_is_learned_it_passes_and_what_is_forgotten_no_longer_acts():
    layer, state = place()
    signal, source, target = late_signal(4), statistics(3), statistics(4)
    turns = {
        0: [*both(source, target), amount(1.0)],
        8: [learning(TARGET, True)],
        12: [learning(TARGET, False)],
        16: [lambda held: style.without(held, [1], SOURCE)],
    }
    output, _ = play(layer, signal, state, [4], turns)
    first, last = LAG + 8 * RATE, LAG + 12 * RATE
    torch.testing.assert_close(output[:, first:last], signal[:, first:last])
    assert (output[:, 12:first] - signal[:, 12:first]).abs().min() > 0
    assert (output[:, last : 16 * RATE] - signal[:, last : 16 * RATE]).abs().min() > 0
    assert torch.equal(output[:, 16 * RATE :], signal[:, 16 * RATE :])


def test_a_fresh_state_takes_over_what_is_known_and_goes_on_learning():
    layer, state = place()
    state = knowing(SOURCE, statistics(1))(state)
    _, state = play(layer, late_signal(5), state, [3], {4: [learning(TARGET, True)]})
    fresh = style.carried(fresh_state([(style.ROWS, CHANNELS)], 2, 0, EMPTY), state, [1])
    for item in range(2):
        torch.testing.assert_close(fresh[1][item, SOURCE + 2 :], torch.cat(
            [state[1][0, SOURCE + 2 : TARGET], fresh[1][item, TARGET : TARGET + 2], state[1][0, TARGET + 2 :]]
        ))  # fmt: skip
    assert int(fresh[0]) == 0 and fresh[1][0, TARGET, 0] == 0
    before = float(fresh[1][0, TARGET + 2, 0])
    layer(late_signal(6)[:, : 6 * RATE].repeat(2, 1, 1), [], fresh)
    assert fresh[1][0, TARGET + 2, 0] == before + 6 * RATE - LAG
