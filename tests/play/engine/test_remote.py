"""Controls from a terminal, over OSC and from MIDI, through what they really come through."""

import os
import socket
import time

import mido
import pytest
from pythonosc.osc_message_builder import OscMessageBuilder, build_msg

from tritone.errors import UserError
from tritone.play.engine import midi
from tritone.play.engine.controls import starting_controls
from tritone.play.engine.desk import Desk
from tritone.play.engine.midi import MidiMap, open_midi, read_map
from tritone.play.engine.osc import OscServer, words_of
from tritone.play.engine.terminal import Terminal


@pytest.fixture
def desk():
    return Desk(starting_controls(4), shares=[0.5, 0.8, 0.95, 1.0], status=lambda: "playing")


def soon(happened):
    deadline = time.monotonic() + 5
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert happened()


def test_osc_over_a_real_socket(desk):
    messages = [
        ("/tritone/offset", [2, 1.5]), ("/scale/1", [0.5]), ("/tritone/fidelity", [0.9]), ("/tritone/freeze", [True]),
        ("/gain", [-6]),
    ]  # fmt: skip
    with OscServer(desk, "0") as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        assert server.host == "127.0.0.1"
        for address, values in messages:
            client.sendto(build_msg(address, values).dgram, (server.host, server.port))
        soon(lambda: desk.controls.gain_db == -6)
        now = desk.controls
        assert (now.offsets[2], now.scales[1], now.dims, now.freeze) == (1.5, 0.5, 3, True)


def test_osc_answers_refusals_and_questions_and_survives_rubbish(desk):
    with OscServer(desk, "0") as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)

        def ask(data):
            client.sendto(data, (server.host, server.port))

        for rubbish in (b"", b"\0", b"#bundle\0broken", os.urandom(64), b"/\xff\xfe\0,f\0\0"):
            ask(rubbish)
        blob = OscMessageBuilder("/tritone/offset")
        blob.add_arg(b"\0\1", "b")
        blob.add_arg(1.0)
        ask(blob.build().dgram)
        assert b"/tritone/answer" in (answer := client.recv(4096)) and b"axes are 0 to 3" in answer
        ask(build_msg("/tritone/status").dgram)
        assert b"playing" in client.recv(4096)
        ask(build_msg("/tritone/offset", [0, float("nan")]).dgram)
        assert b"from -20 to 20" in client.recv(4096)
        assert desk.controls == Desk(starting_controls(4)).controls


def test_osc_addresses():
    assert words_of("/tritone/offset/0", (1.5,)) == ["offset", "0", 1.5]
    assert words_of("/Tritone/reset", ()) == ["reset"] and words_of("/", ()) == []
    with OscServer(Desk(starting_controls(1)), "0") as server, pytest.raises(UserError, match="cannot be listened on"):
        OscServer(Desk(starting_controls(1)), str(server.port))
    for address in ("x", "70000", "localhost:", "nowhere.invalid:9000"):
        with pytest.raises(UserError, match="--osc"):
            OscServer(Desk(starting_controls(1)), address)


def control(number, value, channel=0):
    return mido.Message("control_change", control=number, value=value, channel=channel)


def test_midi_map(desk):
    text = "1=scale # wheel\n21=offset.0, 22=offset:3@0..1\n\n64=freeze,2/7=gain@-40..0\n9=dims,10=fidelity,11=scale.2"
    mapped = MidiMap(text, 4)
    for message in (control(1, 127), control(21, 0), control(22, 127), control(64, 64), control(7, 0, channel=1),
                    control(11, 0)):  # fmt: skip
        desk.apply(mapped.words(message))
    now = desk.controls
    assert (now.scale, now.offsets, now.freeze, now.gain_db) == (2.0, (-3.0, 0.0, 0.0, 1.0), True, -40.0)
    assert now.scales == (1.0, 1.0, 0.0, 1.0)
    for value, dims in ((0, 1), (127, 4), (64, 3)):
        desk.apply(mapped.words(control(9, value)))
        assert desk.controls.dims == dims
    desk.apply(mapped.words(control(10, 127)))
    assert desk.controls.dims == 4
    desk.apply(mapped.words(control(64, 63)))
    assert not desk.controls.freeze
    for silent in (control(7, 3), control(99, 3), mido.Message("note_on", note=60), mido.Message("clock")):
        assert mapped.words(silent) is None


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("x", "makes no sense"), ("1=", "makes no sense"), ("1=volume", "makes no sense"), ("128=scale", "0 to 127"),
        ("17/1=scale", "1 to 16"), ("1=offset", "must name an axis"), ("1=offset.4", "from 0 to 3"),
        ("1=gain.0", "must name an axis"), ("1=gain@-200..0", "-120 to 24"), ("1=dims@1..9", "leaves"),
    ],
)  # fmt: skip
def test_midi_maps_that_make_no_sense(entry, told):
    with pytest.raises(UserError, match=told):
        MidiMap(entry, 4)


def test_midi_map_of_a_file_and_without_any(tmp_path, desk):
    (tmp_path / "map.txt").write_text("5=wet\n")
    assert read_map(str(tmp_path / "map.txt"), 4).words(control(5, 127)) == ["wet", 1.0]
    assert (
        read_map(None, 2).words(control(22, 127)) == ["offset", 1, 3.0]
        and read_map(None, 2).words(control(23, 1)) is None
    )
    with pytest.raises(UserError, match="no file"):
        read_map(str(tmp_path / "nowhere"), 4)


def test_midi_inputs(monkeypatch, desk):
    opened, told = {}, []

    def open_input(name, callback):
        opened[name] = callback
        return "port"

    monkeypatch.setattr(mido, "get_input_names", lambda: ["Clock", "nanoKONTROL 1"], raising=False)
    monkeypatch.setattr(mido, "open_input", open_input, raising=False)
    assert open_midi("kontrol", desk, MidiMap("1=scale", 4), told.append) == "port"
    opened["nanoKONTROL 1"](control(1, 0))
    opened["nanoKONTROL 1"](control(50, 0))
    assert desk.controls.scale == 0.0 and told == []
    with pytest.raises(UserError, match="Clock; nanoKONTROL 1"):
        open_midi("piano", desk, MidiMap("", 4), told.append)

    def none():
        raise OSError("no sequencer")

    monkeypatch.setattr(mido, "get_input_names", none, raising=False)
    with pytest.raises(UserError, match="no MIDI"):
        midi.midi_inputs()


def test_terminal_lines_and_quit(desk):
    reading, writing = os.pipe()
    left, told = [], []
    terminal = Terminal(desk, lambda: left.append(1), descriptor=reading, show=told.append)
    terminal.start()
    os.write(writing, b"offset 1 2\n\nnonsense\nsta")
    os.write(writing, b"tus\nquit\noffset 1 3\n")
    terminal.join(5)
    assert not terminal.is_alive() and left == [1]
    assert told[0] == "offset 1 2" and "no control 'nonsense'" in told[1] and told[2] == "playing"
    assert desk.controls.offsets[1] == 2
    os.close(writing)
    os.close(reading)


def test_terminal_ends_with_its_input(desk):
    reading, writing = os.pipe()
    os.write(writing, b"wet 0.5")
    os.close(writing)
    terminal = Terminal(desk, lambda: None, descriptor=reading, show=lambda sentence: None)
    terminal.start()
    terminal.join(5)
    assert not terminal.is_alive() and desk.controls.wet == 0.5
    os.close(reading)
