"""Worker, rings and device together, with devices that call when and as a test says."""

import threading
import time

import numpy as np
import pytest
from live_engines import ScriptedDevice, player

from tritone.errors import UserError
from tritone.play.engine import session as session_module
from tritone.play.engine.exchange import Exchange
from tritone.play.engine.session import Session
from tritone.play.engine.sources import Source
from tritone.play.engine.worker import Worker

NEVER = lambda: False  # noqa: E731
RANDOM = np.random.default_rng(5)


def ramp(frames):
    return np.arange(1, frames + 1, dtype=np.float32)[None]


def source(audio, **how):
    return Source(np.array_split(audio, 7, axis=1), channels=1, **how)


class PatientDevice:
    """Waits before a call until what is asked for is there: a machine that is always fast enough."""

    def __init__(self, session, size):
        self.session, self.size = session, size

    def __call__(self):
        deadline = time.monotonic() + 5
        while self.session.exchange.outgoing.available < self.size and time.monotonic() < deadline:
            time.sleep(0.0002)


@pytest.mark.parametrize("sizes", [[8] * 30, [4] * 60, [16] * 15, [24] * 10, [20] * 12])
def test_a_device_in_time_hears_everything_later_by_the_latency_that_was_told(sizes):
    subject = player(step=8, latency=5)
    session = Session(subject, block=sizes[0], heard=True)
    audio = ramp(sum(sizes))
    patient = PatientDevice(session, sizes[0])
    device = ScriptedDevice(session.exchange, sizes, audio, waits=patient)
    with session:
        device.start()
        session.played(device, None, lambda: device.done)
    heard, late = np.concatenate(device.heard, 1)[0], session.latency_samples
    assert late == 5 + session.buffer_samples and session.exchange.underruns == 0
    assert not heard[:late].any() and np.array_equal(heard[late:], audio[0, : len(heard) - late])


@pytest.mark.parametrize("seed", range(4))
def test_a_device_that_calls_as_it_likes_hears_each_frame_in_its_place_or_counted_silence(seed):
    generator = np.random.default_rng(seed)
    subject = player(step=8, latency=5)
    session = Session(subject, block=8, heard=True, spare_steps=2)
    sizes = generator.integers(1, 30, 40).tolist()
    audio = ramp(sum(sizes))
    pauses = iter(generator.choice([0.0, 0.002, 0.01], 40).tolist())
    device = ScriptedDevice(session.exchange, sizes, audio, waits=lambda: time.sleep(next(pauses)))
    with session:
        device.start()
        session.played(device, None, lambda: device.done)
    heard, exchange, late = np.concatenate(device.heard, 1)[0], session.exchange, session.latency_samples
    present = heard != 0
    in_place = heard == np.arange(len(heard)) - late + 1
    if not exchange.skipped_frames + exchange.lost_frames:
        assert in_place[present].all()
        assert (~present[late:]).sum() == exchange.missing_frames


def test_a_device_that_calls_too_early_gets_counted_silence_and_then_what_belongs_there():
    subject, now = player(step=8), ramp(48)
    session = Session(subject, block=8, heard=True)
    working = threading.Event()
    working.set()
    play = subject.engine.decode

    def decode(latent):
        working.wait(5)
        return play(latent)

    subject.engine.decode = decode
    exchange, heard = session.exchange, []

    def call(turn):
        out = np.empty((1, 8), np.float32)
        exchange.take(now[:, 8 * turn : 8 * turn + 8])
        exchange.give(out)
        heard.append(out[0])

    def rested():
        deadline = time.monotonic() + 5
        while exchange.outgoing.available < 8 and time.monotonic() < deadline:
            time.sleep(0.001)

    with session:
        call(0)
        rested()
        working.clear()
        call(1)
        call(2)  # too early: the model is at work
        working.set()
        deadline = time.monotonic() + 5
        while exchange.outgoing.available < 16 and time.monotonic() < deadline:
            time.sleep(0.001)
        call(3)
        rested()
        call(4)
    assert not heard[0].any() and not heard[2].any()
    assert [heard[turn].tolist() for turn in (1, 3, 4)] == [now[0, 8 * t - 8 : 8 * t].tolist() for t in (1, 3, 4)]
    assert (exchange.underruns, exchange.missing_frames, exchange.overruns) == (1, 8, 0)


def test_a_worker_that_sleeps_long_skips_what_nobody_would_hear():
    subject = player(step=8)
    exchange = Exchange(channels=1, input_frames=400, output_frames=400, prefill=8)
    out = np.empty((1, 8), np.float32)
    for turn in range(10):  # nobody works yet
        exchange.take(ramp(80)[:, 8 * turn : 8 * turn + 8])
        exchange.give(out)
    assert (exchange.underruns, exchange.late) == (9, 72)
    worker = Worker(subject, exchange)
    worker.start()
    deadline = time.monotonic() + 5
    while exchange.outgoing.available < 80 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert exchange.skipped_frames == 72 and subject.times.count == 1
    exchange.give(out)
    assert np.array_equal(out, ramp(80)[:, 72:])
    worker.stop()


def test_too_much_input_is_counted():
    subject, inside, free = player(step=8), threading.Event(), threading.Event()
    session = Session(subject, block=8, heard=True)

    def stuck(latent):
        inside.set()
        free.wait(5)
        return np.zeros((1, 8), np.float32)

    subject.engine.decode = stuck
    with session:
        session.exchange.take(ramp(8))
        assert inside.wait(5)
        for _ in range(11):
            session.exchange.take(ramp(8))
        assert (session.exchange.overruns, session.exchange.lost_frames) == (3, 24)
        free.set()


@pytest.mark.parametrize("frames", [1, 7, 8, 9, 50])
def test_a_recording_is_as_long_as_what_came_in_and_complete(frames):
    subject = player(step=8, latency=11)
    session = Session(subject, block=3, heard=False)
    sizes = [3] * (frames // 3) + [frames % 3] * bool(frames % 3)
    device = ScriptedDevice(session.exchange, sizes, ramp(frames), hears=False, seconds=0.001)
    with session:
        device.start()
        blocks = list(session.recorded(device, lambda: device.done))
    heard = np.concatenate(blocks, 1)[0]
    assert session.frames == frames and session.latency_samples == 11
    assert not heard[:11].any() and np.array_equal(heard[11 : 11 + frames], ramp(frames)[0])


def test_a_device_that_falls_silent_ends_the_stream_in_a_sentence(monkeypatch):
    monkeypatch.setattr(session_module, "SILENT_SECONDS", 0.1)
    session = Session(player(step=8), block=8, heard=True)
    device = ScriptedDevice(session.exchange, [8] * 3, ramp(24))
    stuck = threading.Event()
    device.waits = lambda: len(device.heard) == 2 and stuck.wait(5)
    with pytest.raises(UserError, match="device has gone"), session:
        device.start()
        session.played(device, None, NEVER)
    stuck.set()
    device.stop()


@pytest.mark.parametrize("frames", [5, 8, 100])
def test_a_file_is_played_to_its_end_and_no_further(frames):
    subject = player(step=8, latency=6)
    session, sound = Session(subject, block=8, heard=True, keeps_time=False), source(ramp(frames))
    device = ScriptedDevice(session.exchange, [8] * 500, seconds=0.003)
    with session:
        session.prepare(sound)
        assert session.exchange.outgoing.available >= session.buffer_samples + min(frames, 8)
        device.start()
        session.played(device, sound, NEVER)
        device.stop()
    heard = np.concatenate(device.heard, 1)[0]
    assert np.array_equal(heard[heard != 0], ramp(frames)[0])


def test_a_device_that_dies_ends_a_recording_that_is_kept():
    session = Session(player(step=8), block=8, heard=False)
    device = ScriptedDevice(session.exchange, [8] * 3, ramp(24), hears=False, dies=True)
    blocks = []
    with pytest.raises(UserError, match="device has gone"), session:
        device.start()
        blocks += session.recorded(device, NEVER)
    assert np.array_equal(np.concatenate(blocks, 1), ramp(24))


def test_an_error_of_the_model_ends_the_stream_and_is_not_lost(monkeypatch):
    subject = player(step=8)

    def broken(latent):
        raise ValueError("no")

    monkeypatch.setattr(subject.engine, "decode", broken)
    session = Session(subject, block=8, heard=True)
    with pytest.raises(ValueError, match="no"), session:
        for _ in session.clocked(source(ramp(8))):
            pass


def test_the_clock_keeps_the_rate_of_the_model():
    subject = player(step=8, rate=1000)
    session, times = Session(subject, block=8, heard=True), []
    with session:
        for number, block in enumerate(session.clocked(source(ramp(400)))):
            times.append(time.perf_counter())
            assert block.shape == (1, 8)
            if number == 25:
                break
    assert 25 * 0.008 - 0.01 < times[-1] - times[0] < 2  # never early; how late is the machine's affair


def test_worker_pads_the_last_step_and_ends():
    subject = player(step=8)
    exchange = Exchange(channels=1, input_frames=64, output_frames=64)
    exchange.take(ramp(13))
    worker = Worker(subject, exchange)
    worker.start()
    worker.finish()
    worker.join(5)
    out = np.empty((1, 64), np.float32)
    assert exchange.outgoing.read(out) == 16 and exchange.closed
    assert out[0, :13].tolist() == ramp(13)[0].tolist() and not out[0, 13:16].any()
