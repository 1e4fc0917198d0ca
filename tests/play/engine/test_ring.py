"""Whatever goes into a ring comes out once and in order, in whatever pieces, from whichever thread."""

import sys
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tritone.play.engine.ring import Bell, RingBuffer

TURNS = st.lists(st.tuples(st.sampled_from(("write", "silence", "read", "skip")), st.integers(0, 13)), max_size=80)


@given(st.integers(1, 9), TURNS)
def test_a_ring_is_a_queue_of_limited_length(capacity, turns):
    ring, queue, next_value = RingBuffer(channels=2, frames=capacity), [], 1
    for kind, count in turns:
        if kind in ("write", "silence"):
            fits = min(count, capacity - len(queue))
            values = list(range(next_value, next_value + count)) if kind == "write" else [0] * count
            audio = np.stack([values, [-value for value in values]]).astype(np.float32).reshape(2, count)
            assert (ring.write(audio) if kind == "write" else ring.write_silence(count)) == fits
            queue += values[:fits]
            next_value += count
        else:
            out = np.full((2, count), 99.0, np.float32)
            got = min(count, len(queue))
            assert (ring.read(out) if kind == "read" else ring.skip(count)) == got
            if kind == "read":
                assert out[0, :got].tolist() == queue[:got] and out[1, :got].tolist() == [-v for v in queue[:got]]
                assert (out[:, got:] == 99.0).all()
            del queue[:got]
        assert (ring.available, ring.room) == (len(queue), capacity - len(queue))


@pytest.fixture(scope="module")
def hasty_threads():
    """Threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 300), st.lists(st.integers(1, 200), min_size=1), st.lists(st.integers(1, 200), min_size=1))
def test_two_threads_lose_and_double_nothing(hasty_threads, capacity, writes, reads):
    total = 30 * capacity
    ring, sound = RingBuffer(channels=1, frames=capacity), np.arange(1, total + 1, dtype=np.float32)[None]

    def write():
        at = turn = 0
        while at < total:
            at += ring.write(sound[:, at : at + writes[turn % len(writes)]])
            turn += 1
            time.sleep(0) if turn % 7 == 0 else None

    thread = threading.Thread(target=write)
    thread.start()
    got, turn = [], 0
    while sum(map(len, got)) < total:
        out = np.empty((1, reads[turn % len(reads)]), np.float32)
        count = ring.read(out)
        got.append(out[0, :count].copy()) if count else time.sleep(0)
        turn += 1
    thread.join()
    assert np.array_equal(np.concatenate(got), sound[0])
    assert ring.available == 0


def test_a_bell_rung_twice_wakes_once_and_a_silent_one_not():
    bell = Bell()
    assert not bell.wait(0.0)
    bell.ring()
    bell.ring()
    assert bell.wait(0.0) and not bell.wait(0.0)
