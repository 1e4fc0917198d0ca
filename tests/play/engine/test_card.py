"""The sound card through a stand-in for PortAudio that calls back as the real one does."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from tritone.errors import UserError
from tritone.play.engine.card import SoundCard, devices
from tritone.play.engine.exchange import Exchange

DEVICES = [
    {"index": 0, "name": "Studio", "max_input_channels": 8, "max_output_channels": 8, "default_samplerate": 48000.0},
    {
        "index": 1,
        "name": "Microphone",
        "max_input_channels": 1,
        "max_output_channels": 0,
        "default_samplerate": 44100.0,
    },
    {"index": 2, "name": "Speaker", "max_input_channels": 0, "max_output_channels": 1, "default_samplerate": 48000.0},
]


class PortAudioError(Exception):
    """As sounddevice's."""


class FakeStream:
    def __init__(self, kind, refuse="", **asked):
        if refuse:
            raise PortAudioError(refuse)
        self.kind, self.asked, self.active, self.closed = kind, asked, False, False
        self.latency = (0.01, 0.02) if kind == "both" else 0.02

    def start(self):
        self.active = True

    def abort(self):
        if self.closed:
            raise PortAudioError("closed already")
        self.active = False

    def close(self):
        self.closed = True


@pytest.fixture
def fake(monkeypatch):
    """A sounddevice with three devices; `made` lists the streams, `refuse` says why none can be opened."""
    audio = SimpleNamespace(PortAudioError=PortAudioError, made=[], refuse="")

    def query(wanted=None, kind=None):
        if kind is None:
            return DEVICES
        if wanted is None:
            return DEVICES[0]
        found = [each for each in DEVICES if wanted == each["index"] or str(wanted).lower() in each["name"].lower()]
        if len(found) != 1:
            raise ValueError(f"No {kind} device matching {wanted!r}")
        return found[0]

    def stream(kind):
        def make(**asked):
            audio.made.append(FakeStream(kind, audio.refuse, **asked))
            return audio.made[-1]

        return make

    audio.query_devices = query
    audio.Stream, audio.InputStream, audio.OutputStream = stream("both"), stream("in"), stream("out")
    monkeypatch.setitem(sys.modules, "sounddevice", audio)
    return audio


def exchange(channels=1):
    return Exchange(channels=channels, input_frames=64, output_frames=64)


def open_card(rings, channels=1, **names):
    return SoundCard(rings, names, channels=channels, rate=44100, block=16)


def test_both_ways_a_mono_model_is_heard_on_both_sides(fake):
    rings = exchange()
    card = open_card(rings, input="", output="studio")
    stream = fake.made[0]
    asked = {name: stream.asked[name] for name in ("samplerate", "blocksize", "dtype", "device", "channels")}
    assert asked == {"samplerate": 44100, "blocksize": 16, "dtype": "float32", "device": (0, 0), "channels": (1, 2)}
    assert card.latency_seconds == pytest.approx(0.03) and not card.running
    card.start()
    assert card.running
    sound = np.arange(16, dtype=np.float32)[:, None]
    rings.outgoing.write(sound.T + 100)
    out = np.full((16, 2), np.nan, np.float32)
    stream.asked["callback"](sound, out, 16, None, 0)
    heard = np.empty((1, 16), np.float32)
    assert rings.incoming.read(heard) == 16 and np.array_equal(heard.T, sound)
    assert np.array_equal(out, np.repeat(sound + 100, 2, axis=1)) and rings.device_flags == 0
    stream.asked["callback"](sound, out, 16, None, "output underflow")
    assert rings.device_flags == 1 and rings.underruns == 1 and not out.any()
    card.stop()
    card.stop()
    assert stream.closed and not card.running


def test_one_way_and_channels(fake):
    rings = exchange(2)
    open_card(rings, channels=2, input="micro")
    assert fake.made[0].kind == "in" and fake.made[0].asked["channels"] == 1 and fake.made[0].asked["device"] == 1
    sound = np.arange(16, dtype=np.float32)[:, None]
    fake.made[0].asked["callback"](sound, 16, None, 0)
    heard = np.empty((2, 16), np.float32)
    assert rings.incoming.read(heard) == 16 and np.array_equal(heard, np.repeat(sound.T, 2, axis=0))
    open_card(rings, channels=2, output="0")
    assert fake.made[1].kind == "out" and fake.made[1].asked["channels"] == 2 and fake.made[1].asked["device"] == 0
    open_card(exchange(), output="speaker")
    assert fake.made[2].asked["channels"] == 1


@pytest.mark.parametrize(
    ("names", "channels", "told"),
    [
        ({"input": "piano"}, 1, "no input device 'piano'"),
        ({"output": "microphone"}, 1, "Microphone has no output channels"),
        ({"output": "speaker"}, 2, "1 output channel"),
        ({"input": "9"}, 1, "Studio"),
    ],
)
def test_devices_that_are_not_there(fake, names, channels, told):
    with pytest.raises(UserError, match=told) as error:
        open_card(exchange(channels), channels, **names)
    assert "Studio" in str(error.value) or "choose another" in str(error.value)


def test_a_rate_that_the_device_refuses(fake):
    fake.refuse = "Invalid sample rate"
    with pytest.raises(UserError, match=r"Studio \(made for 48000 Hz\) cannot be opened at the model's 44100 Hz"):
        open_card(exchange(), output="")


def test_the_list_of_devices(fake):
    assert devices()[1] == "1: Microphone (1 in, 0 out, 44100 Hz)"


@pytest.mark.parametrize(("missing", "told"), [(ImportError, "pip install"), (OSError, "libportaudio2")])
def test_without_portaudio_one_sentence_says_what_to_install(monkeypatch, missing, told):
    class Finder:
        def find_spec(self, name, path=None, target=None):
            if name == "sounddevice":
                raise missing("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    with pytest.raises(UserError, match=told):
        devices()
