"""Streams: ends that are none, controls that are none, messages of garbage; and what times them."""

import socket
import sys
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import numpy as np
import soundfile
from live_engines import DelayEngine

from badinput.stage import Got, Rows, Stage
from tritone.errors import UserError
from tritone.play.engine.controls import starting_controls
from tritone.play.engine.desk import Desk
from tritone.play.engine.osc import OscServer, words_of

ROWS = Rows("Streams")
ENGINE = ("--engine", "torch", "--precision", "float32")


def streamed(stage: Stage, *words: object, name: str = "out.wav") -> Got:
    """A stream of the trained model into a file; where it is refused, nothing is left of the file."""
    got = stage.tritone("stream", stage.made.run, *ENGINE, "--output", stage.path / name, *words)
    assert got.status == "0" or not list(stage.path.rglob("*.wav.*")) + list(stage.path.glob("out*")), got
    return got


def option(what: str, words: str, sound: str = "silence --seconds 0.1") -> None:
    """One option that makes no sense."""

    @ROWS.row(f"{what}: `{words}`", "stream")
    def act(stage: Stage) -> Got:
        return streamed(stage, "--input", *sound.split(), *words.split(maxsplit=1))


option("a block of 0 samples", "--block 0")
option("a block of -1 samples", "--block -1")
option("a block of a billion samples", "--block 1000000000")
option("no threads", "--threads 0")
option("spare blocks beyond measure", "--spare 1000")
option("more axes than the model has", "--dims 9999")
option("a share of variance that is none", "--fidelity nan")
option("no length", "--seconds 0", "silence")
option("a control that does not exist", "--set ofset 0 1")
option("a control beyond its range", "--set offset 0 1e9")
option("an axis that is none", "--set offset 10000 1")
option("NaN as a control", "--set gain nan")
option("a style for a model that takes none", "--style nowhere.wav")
option("a port that is none", "--osc 99999")
option("a port named by a digit that is none to Python", "--osc ²")
option("a host that is not this machine's", "--osc 203.0.113.1:9000")
option("what MIDI turns, without a MIDI input", "--cc 1=scale")
option("an engine that does not exist", "--engine cuda")


@ROWS.row("an input file that is not there", "stream --input")
def nowhere(stage: Stage) -> Got:
    return streamed(stage, "--input", stage.path / "nowhere.wav")


@ROWS.row("an input of 0 bytes", "stream --input")
def empty(stage: Stage) -> Got:
    return streamed(stage, "--input", stage.file("empty.wav", b""))


@ROWS.row("an input without samples", "stream --input")
def without(stage: Stage) -> Got:
    soundfile.write(stage.path / "none.wav", np.zeros((0, 1)), 44_100)
    return streamed(stage, "--input", stage.path / "none.wav")


@ROWS.row("an input of NaN", "stream --input")
def not_numbers(stage: Stage) -> Got:
    soundfile.write(stage.path / "nan.wav", np.full(4096, np.nan), 44_100, subtype="FLOAT")
    return streamed(stage, "--input", stage.path / "nan.wav")


@ROWS.row("a stereo input at 22,050 Hz for a mono model at 44,100 Hz", "stream --input")
def other_form(stage: Stage) -> Got:
    soundfile.write(stage.path / "wide.wav", 0.1 * np.ones((5000, 2)), 22_050)
    got = streamed(stage, "--input", stage.path / "wide.wav")
    info = soundfile.info(stage.path / "out.wav")
    assert (got.status, info.samplerate, info.frames, info.channels) == ("0", 22_050, 5000, 1)
    return Got("0", "Its channels are averaged, which is said; the output has its rate and length.")


@ROWS.row("an input that is also the output", "stream --output")
def itself(stage: Stage) -> Got:
    path = stage.sound("in.wav")
    before = path.read_bytes()
    got = streamed(stage, "--input", path, name="in.wav")
    assert path.read_bytes() == before
    return got


@ROWS.row("an output of a format that cannot be written", "stream --output")
def ending(stage: Stage) -> Got:
    return streamed(stage, "--input", stage.sound("in.wav"), name="out.mp3")


@ROWS.row("an endless input into a file", "stream --input noise")
def endless(stage: Stage) -> Got:
    return streamed(stage, "--input", "noise")


@ROWS.row("a run that cannot play live", "stream RUN")
def not_live(stage: Stage) -> Got:
    return stage.tritone("stream", "demo:gan-drums", "--input", "silence", "--seconds", 1, "--output", "none")


@ROWS.row("no run", "stream")
def no_run(stage: Stage) -> Got:
    return stage.tritone("stream")


@ROWS.row("a port where another program listens", "stream --osc")
def taken(stage: Stage) -> Got:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        got = streamed(stage, "--input", "silence", "--seconds", 0.1, "--osc", port)
    return Got(got.status, got.sentence.replace(str(port), "PORT"))


def desk() -> Desk:
    """The controls of a model with four axes."""
    return Desk(starting_controls(4), shares=[0.5, 0.7, 0.9, 1.0])


PACKETS = (b"", b"\0", b"#bundle\0", b"#bundle\0" + b"\xff" * 16, b"/gain\0\0\0,f\0\0", b"/gain\0\0\0,iiii",
           b"/" * 9000, b"/offset\0,sb\0x\0\0\0\xff\xff\xff\xff", b"/seed\0\0\0,h\0\0" + b"\xff" * 8,
           bytes(range(256)) * 2)  # fmt: skip


@ROWS.row("ten packets that are no OSC, or lie about their length", "a running stream, over UDP")
def packets(stage: Stage) -> Got:
    controls = desk()
    with OscServer(controls, "0") as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.settimeout(10)
        for packet in PACKETS:
            sender.sendto(packet, (server.host, server.port))
        sender.sendto(b"/tritone/gain\0\0\0,f\0\0\xc0\xc0\0\0", (server.host, server.port))
        sender.sendto(b"/tritone/show\0\0\0,\0\0\0", (server.host, server.port))
        answers = [sender.recv(4096)]
        while b"gain -6" not in answers[-1]:
            answers.append(sender.recv(4096))
    assert controls.controls.gain_db == -6.0
    return Got("passed over", "The next good message is heard.")


def message(what: str, address: str, *values: object) -> None:
    """A message over OSC that makes no sense; its sender is answered."""

    @ROWS.row(what, "a running stream, over OSC")
    def act(stage: Stage) -> Got:
        controls = desk()
        before = controls.controls
        try:
            said = controls.apply(words_of(address, values))
        except UserError as error:
            said = str(error)
        assert controls.controls == before
        return Got("answered", said)


message("a control that does not exist", "/tritone/volume", 3)
message("a value beyond its range", "/tritone/gain", 1e30)
message("a value that is not a number", "/tritone/wet", float("nan"))
message("an axis of half a number", "/offset/0.5", 1.0)
message("bytes in the place of a number", "/tritone/noise", b"\xff\xfe")
message("too many values", "/tritone/scale", 1, 2, 3)
message("an address without a name", "/")


@ROWS.row("a model that gives numbers which are not finite", "a running stream")
def broken(stage: Stage) -> Got:
    from tritone.play.engine.player import Player

    class Broken(DelayEngine):
        def decode(self, latent: np.ndarray) -> np.ndarray:
            return np.full_like(super().decode(latent), np.nan)

    player = Player(Broken(), desk(), channels=1, rate=8000, ratio=4, step=16)
    assert not player.process(np.ones((1, 16), np.float32)).any() and player.broken_blocks == 1
    return Got("silence", "The block is silent and counted; the report says how many there were.")


def midi(what: str, *words: str) -> None:
    """What MIDI turns, in words that make no sense."""

    @ROWS.row(what if len(words) > 1 else f"{what}: `{words[0]}`", "stream --cc")
    def act(stage: Stage) -> Got:
        from tritone.play.engine.midi import read_map

        path = str(stage.file("map.txt", words[1])) if len(words) > 1 else words[0]
        return stage.refused(read_map, path, 4)


midi("a control of MIDI that is none", "200=gain")
midi("a channel that is none", "17/1=gain")
midi("a control of 5,000 digits", "map.txt", "1" * 5000 + "=gain")
midi("a range beyond that of the control", "7=gain@-999..0")
midi("a range that is no number", "7=gain@1.2.3..0")
midi("an axis that is none", "7=offset.99")
midi("a file that is no map", "map.txt", "PNG\n\x00=\x01")


@ROWS.row("a MIDI input that is not there", "stream --midi korg")
def midi_input(stage: Stage) -> Got:
    names = ModuleType("mido")
    names.get_input_names = lambda: ["Keystation 49", "Launch Control"]  # type: ignore[attr-defined]
    with patch.dict(sys.modules, {"mido": names, "rtmidi": ModuleType("rtmidi")}):
        return streamed(stage, "--input", "silence", "--seconds", 0.1, "--midi", "korg")


class Cards(ModuleType):
    """Stands in for sounddevice on a machine with one sound card, which has no input."""

    PortAudioError = RuntimeError

    def __init__(self) -> None:
        super().__init__("sounddevice")
        self.card = {"index": 0, "name": "Speakers", "max_input_channels": 0, "max_output_channels": 2,
                     "default_samplerate": 48_000.0}  # fmt: skip

    def query_devices(self, name: str | int | None = None, kind: str | None = None) -> object:
        if kind is None:
            return [self.card]
        if name not in (None, 0, "Speakers"):
            raise ValueError(f"No {kind} device matching {name!r}")
        return self.card


def card(what: str, *words: str) -> None:
    """A sound card that is not there."""

    @ROWS.row(what, f"stream {' '.join(words)}")
    def act(stage: Stage) -> Got:
        with patch.dict(sys.modules, {"sounddevice": Cards()}):
            return stage.tritone("stream", stage.made.run, *ENGINE, *words)


card("a sound card that is not there", "--output", "device:Scarlett", "--input", "sine")
card("a sound card of a number that is not there", "--output", "device:7", "--input", "sine")
card("a sound card named by a digit that is none to Python", "--output", "device:²", "--input", "sine")
card("a sound card without an input", "--input", "device:Speakers", "--output", "none")


@ROWS.row("a sound card without the package for it", "stream")
def no_cards(stage: Stage) -> Got:
    from tritone.play.engine.card import portaudio

    with patch.dict(sys.modules, {"sounddevice": None}):
        return stage.refused(portaudio)


@ROWS.row("a bench of blocks that are words", "bench stream --blocks many")
def bench_words(stage: Stage) -> Got:
    return stage.tritone("bench", "stream", stage.made.run, "--blocks", "many")


@ROWS.row("a bench of a block that is no whole number of latent frames", "bench stream --blocks 1000")
def bench_block(stage: Stage) -> Got:
    return stage.tritone("bench", "stream", stage.made.run, "--blocks", 1000)


@ROWS.row("a bench of something else", "bench train")
def bench_other(stage: Stage) -> Got:
    return stage.tritone("bench", "train")


@ROWS.row("a bench of a run that is not there", "bench stream RUN")
def bench_nowhere(stage: Stage) -> Got:
    return stage.tritone("bench", "stream", Path("nowhere"))
