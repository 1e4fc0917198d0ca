"""Messages and lines that turn a stream, and models that others made, as strangers may send them."""

from pathlib import Path
from typing import Any

from fuzzing import NUMBERS, WORDS, Target, mutated, void, written
from hypothesis import strategies as st
from safetensors.torch import save_file

from tritone.config import load_preset, make_config, to_yaml
from tritone.errors import UserError
from tritone.families import build
from tritone.play.engine.controls import starting_controls
from tritone.play.engine.desk import KNOBS, Desk
from tritone.play.engine.midi import DEFAULT_MAP, read_map
from tritone.play.engine.osc import words_of
from tritone.play.engine.terminal import answer
from tritone.play.fetch import fetch_model

PACKETS = {
    "gain.osc": b"/tritone/gain\0\0\0,f\0\0\xc0\xc0\0\0",
    "offset.osc": b"/offset/0\0\0\0,sf\0a\0\0\0\x3f\x80\0\0",
    "bundle.osc": b"#bundle\0" + bytes(7) + b"\1" + (20).to_bytes(4, "big") + b"/tritone/dims\0\0\0,i\0\0" + bytes(4),
}


def live() -> Target:
    """OSC packets and messages, lines typed, maps of MIDI controls and what the controls then say."""
    from pythonosc.osc_packet import OscPacket

    names = st.one_of(st.sampled_from(sorted(KNOBS)), st.sampled_from(("show", "status", "reset", "help")), WORDS)
    values = st.lists(st.one_of(NUMBERS, WORDS, st.booleans(), st.binary(max_size=4)), max_size=4)
    addresses = st.lists(names, max_size=3).map("/".join)
    maps = mutated({"map": DEFAULT_MAP.encode(), "more": b"2/21=offset.0@-3..3,7=gain@-40..0\n64=freeze # pedal"})
    lines = st.tuples(names, values).map(lambda pair: " ".join(map(str, (pair[0], *pair[1]))))

    def turned(desk: Desk, call: Any) -> None:
        void(call)
        now = desk.controls
        assert all(abs(value) <= 20 for value in (*now.offsets, *now.scales, now.scale)), now
        assert 1 <= now.dims <= 4 and -120 <= now.gain_db <= 24 and 0 <= now.wet <= 1, now

    def check(folder: Path, given: Any) -> None:
        desk = Desk(starting_controls(4), shares=[0.5, 0.7, 0.9, 1.0])
        if isinstance(given, str):
            return turned(desk, lambda: answer(desk, given.split()))
        if isinstance(given[1], list):
            return turned(desk, lambda: desk.apply(words_of(given[0], tuple(given[1]))))
        if not given[0].endswith(".osc"):
            return void(read_map, given[1].decode("utf-8", "replace") + "=", 4)
        try:
            messages = [timed.message for timed in OscPacket(given[1]).messages]
        except Exception:  # python-osc has several, which the server passes over
            return None
        for message in messages:
            turned(desk, lambda message=message: desk.apply(words_of(message.address, tuple(message.params))))
        return None

    return Target(st.one_of(lines, st.tuples(addresses, values), maps, mutated(PACKETS)), check)


def fetched() -> Target:
    """Folders with config.yaml and model.safetensors."""
    preset = load_preset("vae-nano")
    config = make_config("vae", {**preset, "model": {**preset["model"], "capacity": 4, "latent": 8}})
    weights = build("vae", config.model).state_dict()
    samples = written({"model.safetensors": lambda path: save_file(weights, path)})
    samples["config.yaml"] = to_yaml(config).encode()

    def check(folder: Path, given: tuple[str, bytes]) -> None:
        source = folder / "model"
        source.mkdir()
        for name, content in (*samples.items(), given):
            (source / name).write_bytes(content)
        try:
            fetch_model(str(source), folder / "run")
        except UserError as error:
            assert str(error).strip() and not (folder / "run").exists()

    return Target(mutated(samples), check)
