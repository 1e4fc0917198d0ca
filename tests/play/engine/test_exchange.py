"""What the sound card is given: dropouts are counted to the sample, and nothing ever shifts in time."""

from math import gcd

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tritone.play.engine.exchange import Exchange, prefill_for

STEP = 4


def work(exchange, steps):
    """An identity model that makes up to so many steps, as far as there is input and room."""
    for _ in range(steps):
        if exchange.incoming.available < STEP or exchange.outgoing.room < STEP:
            return
        block = np.empty((1, STEP), np.float32)
        exchange.incoming.read(block)
        exchange.outgoing.write(block)


@given(
    st.integers(0, 12),
    st.integers(1, 20),
    st.lists(st.tuples(st.integers(1, 11), st.integers(0, 4)), min_size=1, max_size=60),
)
def test_every_frame_is_in_its_place_or_silent_and_all_losses_are_counted(prefill, room, turns):
    exchange = Exchange(channels=1, input_frames=room, output_frames=prefill + room + STEP, prefill=prefill)
    heard, now = [], 0
    for size, steps in turns:
        sound = np.arange(now + 1, now + size + 1, dtype=np.float32)[None]
        out = np.full((1, size), np.nan, np.float32)
        exchange.take(sound)
        exchange.give(out)
        heard.append(out[0])
        work(exchange, steps)
        now += size
    heard = np.concatenate(heard)
    sounding = heard != 0
    assert np.array_equal(heard[sounding], (np.arange(now) - prefill + 1)[sounding])
    silent = int((~sounding[min(prefill, now) :]).sum())
    assert exchange.missing_frames <= silent <= exchange.missing_frames + exchange.lost_frames
    assert (exchange.missing_frames > 0) == (exchange.underruns > 0)
    assert (exchange.lost_frames > 0) == (exchange.overruns > 0)
    assert exchange.taken_frames == exchange.given_frames == now


def test_exact_counts_of_one_dropout():
    exchange = Exchange(channels=1, input_frames=64, output_frames=64, prefill=4)
    out = np.empty((1, 4), np.float32)
    for turn in range(6):
        exchange.take(np.full((1, 4), turn + 1, np.float32))
        exchange.give(out)
        if turn == 2:
            assert (exchange.underruns, exchange.missing_frames, exchange.late) == (0, 0, 0)
        if turn == 3:  # the worker slept once
            assert (exchange.underruns, exchange.missing_frames, exchange.late) == (1, 4, 4) and not out.any()
        if turn > 3:  # what came too late is not heard, what follows is in its place
            assert (out == turn).all() and exchange.late == 0
        work(exchange, 0 if turn == 2 else 2)
    assert (exchange.underruns, exchange.missing_frames, exchange.overruns) == (1, 4, 0)


def test_input_that_does_not_fit_is_counted_and_replaced():
    exchange = Exchange(channels=1, input_frames=6, output_frames=6)
    exchange.take(np.full((1, 4), 1.0, np.float32))
    exchange.take(np.full((1, 4), 2.0, np.float32))
    assert (exchange.overruns, exchange.lost_frames) == (1, 2)
    out = np.empty((1, 6), np.float32)
    assert exchange.incoming.read(out) == 6 and out[0].tolist() == [1, 1, 1, 1, 2, 2]
    exchange.take(np.full((1, 2), 3.0, np.float32))
    assert exchange.incoming.read(out) == 4 and out[0, :4].tolist() == [0, 0, 3, 3]


def test_after_the_end_silence_is_no_dropout():
    exchange = Exchange(channels=1, input_frames=8, output_frames=8)
    exchange.closed = True
    out = np.ones((1, 4), np.float32)
    exchange.give(out)
    assert not out.any() and exchange.underruns == 0


def underruns_in_time(step, block, prefill, calls=200):
    """A worker that needs just less than a step's own time for each step, on a device with calls of `block` frames."""
    room = 8 * (step + block)
    exchange = Exchange(channels=1, input_frames=room, output_frames=prefill + room, prefill=prefill)
    arrived, made, free = 0, 0, 0.0
    for call in range(1, calls):
        now = call * block
        while arrived - made >= step:
            start = max(free, -(-(made + step) // block) * block)
            if start + step > now:
                break
            free, made = start + step, made + step
            exchange.incoming.skip(step)
            exchange.outgoing.write_silence(step)
        exchange.take(np.zeros((1, block), np.float32))
        exchange.give(np.empty((1, block), np.float32))
        arrived += block
    return exchange.underruns


@pytest.mark.parametrize("step", [1, 6, 8, 12])
@pytest.mark.parametrize("block", [1, 3, 4, 6, 8, 12, 16, 20, 36])
def test_prefill_is_enough_and_not_a_frame_too_much(step, block):
    prefill = prefill_for(step=step, device_block=block)
    assert underruns_in_time(step, block, prefill) == 0
    assert underruns_in_time(step, block, prefill - 1) > 0


def test_latency_of_blocks_that_fit_is_one_block():
    assert prefill_for(step=2048, device_block=2048) == 2048
    assert prefill_for(step=2048, device_block=2048, spare_steps=2) == 3 * 2048
    assert prefill_for(step=1024, device_block=1500) == 1500 + 2 * (1024 - gcd(1024, 1500))
