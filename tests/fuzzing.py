"""Inputs as strangers may write them, and what must hold for each: a result or one of our errors, nothing else.

`tests/test_fuzzing.py` tries a few hundred of each, the same every time; `tools/fuzz/run.py` tries others for minutes.
"""

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
import yaml
from acids_names import LITTLE, gin, state, write_export
from hypothesis import strategies as st

from tritone.config import from_yaml, load_preset, make_config, parse_yaml
from tritone.data.ledger import Ledger
from tritone.data.sidecar import read_sidecar
from tritone.data.store import Dataset
from tritone.errors import UserError
from tritone.play.foreign.checkpoint import read_checkpoint
from tritone.play.foreign.gin import read_gin
from tritone.play.foreign.run import import_model
from tritone.play.foreign.scripted import read_archive
from tritone.play.latents import _read as read_latents
from tritone.signal.files import audio_info, read_audio
from tritone.signal.loop_chunks import read_loop_chunks, write_loop
from tritone.training.checkpoint import Checkpoints, Damaged, read
from tritone.training.log import read_log

EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
WORDS = st.sampled_from(("", "a", "vae", "²", "\ud800", "\0", "../../etc/passwd", "nan", "1e999", "9" * 400))
NUMBERS = st.one_of(st.integers(-3, 70_000), st.sampled_from((-(10**400), 10**400, 2**63)), st.floats())
PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=8,
)
"""What JSON and YAML can hold."""


@dataclass(frozen=True)
class Target:
    """What is fuzzed: inputs, and a check that raises whatever must not be raised."""

    inputs: st.SearchStrategy[Any]
    check: Callable[[Path, Any], object]
    """Takes an empty folder and an input."""


@st.composite
def mutated(draw: st.DrawFn, samples: dict[str, bytes]) -> tuple[str, bytes]:
    """One of the samples by name, with a few places changed."""
    name = draw(st.sampled_from(sorted(samples)))
    content = bytearray(samples[name])
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, min(len(content), draw(st.sampled_from((64, 300, len(content)))))))
        kind = draw(st.sampled_from(("edge", "bytes", "cut", "drop", "double", "end")))
        if kind == "edge":
            size, order = draw(st.sampled_from((1, 2, 4, 8))), draw(st.sampled_from(("little", "big")))
            content[at : at + size] = (draw(st.sampled_from(EDGES)) % 256**size).to_bytes(size, order)
        elif kind == "bytes":
            some = draw(st.binary(min_size=1, max_size=8))
            content[at : at + len(some)] = some
        elif kind == "cut":
            del content[at:]
        elif kind == "drop":
            del content[at : at + draw(st.integers(1, 40))]
        elif kind == "double":
            content[at:at] = content[at : at + draw(st.integers(1, 400))]
        else:
            content += draw(st.binary(max_size=40))
    return name, bytes(content)


@st.composite
def changed(draw: st.DrawFn, values: Any) -> Any:
    """A nested value in which a few parts are others, are gone, or are new."""
    values = json.loads(json.dumps(values))
    for _ in range(draw(st.integers(1, 3))):
        level = values
        while isinstance(level, dict | list) and level:
            key = draw(st.sampled_from(sorted(level) if isinstance(level, dict) else range(len(level))))
            if isinstance(level[key], dict | list) and level[key] and draw(st.booleans()):
                level = level[key]
                continue
            level[key] = draw(PLAIN)
            if draw(st.integers(0, 4)) == 0:
                del level[key]
            break
    return values


def written(samples: dict[str, Callable[[Path], object]]) -> dict[str, bytes]:
    """The bytes of files that functions write."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        found = {}
        for name, write in samples.items():
            write(Path(folder, name))
            found[name] = Path(folder, name).read_bytes()
        return found


def sounds() -> Target:
    """Sound files of every kind, their loop chunks, and the notes beside them."""
    tone = 0.2 * np.sin(np.arange(800) / 9)
    samples = written({"loop.wav": lambda path: write_loop(path, tone, 44_100, bars=1, bpm=120, comment="a loop")})
    kinds = {".wav": "ADPCM", ".flac": "", ".ogg": "", ".aiff": "", ".au": "", ".w64": "", ".caf": "", ".voc": ""}
    for suffix, kind in kinds.items():
        buffer = io.BytesIO()
        subtype = "MS_ADPCM" if kind else None
        soundfile.write(buffer, tone, 44_100, subtype, format=suffix[1:])
        samples["sound" + suffix] = buffer.getvalue()
    notes = {"note.json": b'{"bpm": 120, "bars": 1, "label": "kick", "caption": ["a"]}', "note.txt": b"bpm: 120\nkick"}

    def check(folder: Path, given: tuple[str, bytes]) -> None:
        path = folder / given[0]
        path.write_bytes(given[1])
        if path.stem == "note":
            return void(read_sidecar, folder / "note.wav")
        void(audio_info, path)
        void(read_audio, path)
        void(read_loop_chunks, path)

    return Target(mutated({**samples, **notes}), check)


def configs() -> Target:
    """Presets and configurations, as text and as values; datasets' indexes, ledgers and logs."""
    preset = load_preset("vae-nano")
    text = yaml.safe_dump(preset).encode()
    index = {
        "format": 1, "shards": [{"file": "shards/00000.pcm", "bytes": 80}], "summary": {},
        "options": {"sample_rate": 44_100, "channels": 1, "dtype": "int16", "lazy": False},
        "items": [{"name": "a", "split": "train", "frames": 40, "shard": 0}],
    }  # fmt: skip
    lines = b'{"sample_rate": 1}\n{"name": "a", "extents": [[0, 0, 4]]}\n{"step": 1, "loss": 2}\n'

    def check(folder: Path, given: Any) -> None:
        if isinstance(given, tuple):
            (folder / "sources.jsonl").write_bytes(given[1])
            void(read_log, folder / "sources.jsonl")
            void(lambda: Ledger(folder, {"sample_rate": 1}).close())
            return void(lambda: make_config("vae", parse_yaml(given[1].decode("utf-8", "replace"), "preset")))
        if "items" in given or "shards" in given:
            (folder / "shards").mkdir()
            (folder / "shards/00000.pcm").write_bytes(bytes(80))
            (folder / "index.json").write_text(json.dumps(given))
            return void(lambda: [Dataset.open(folder).split("train"), Dataset.open(folder).caption_numbers])
        void(make_config, "vae", given)
        void(from_yaml, yaml.safe_dump(given), "config.yaml")

    inputs = mutated({"preset.yaml": text, "lines": lines})
    return Target(st.one_of(inputs, changed(preset), changed(index)), check)


def checkpoints() -> Target:
    """Training states, weights, latents and the one-line files."""

    def state_file(path: Path) -> None:
        torch.save({"format": 1, "step": 2, "weights_crc32": 0, "best": {}, "w": torch.zeros(9)}, path)

    samples = written({"training.pt": state_file, "z.npy": lambda path: np.save(path, np.zeros((8, 4), np.float32))})
    header = (
        b'{"__metadata__":{"samples":"64","ratio":"8"},"latent":{"dtype":"F32","shape":[1,8,2],"data_offsets":[0,64]}}'
    )
    samples["z.safetensors"] = len(header).to_bytes(8, "little") + header + bytes(64)
    samples["latest"] = b"step-2\n"

    def check(folder: Path, given: Any) -> None:
        step = folder / "step-2"
        step.mkdir()
        if isinstance(given, tuple):
            (step / given[0]).write_bytes(given[1])
            if given[0].startswith("z."):
                return void(read_latents, step / given[0])
            if given[0] == "latest":
                (folder / "latest").write_bytes(given[1])
                return void(Checkpoints(folder).named, "latest")
        else:
            torch.save(given, step / "training.pt")
        (step / "model.safetensors").write_bytes(samples["z.safetensors"])
        void(read, step)

    return Target(st.one_of(mutated(samples), changed({"format": 1, "step": 2, "weights_crc32": 0}), PLAIN), check)


def imports() -> Target:
    """Checkpoints and exports of acids-rave, their pickles and their config.gin."""
    little = LITTLE["v2"]
    samples = {"config.gin": gin(little).encode(), **written({"m.ts": lambda path: write_export(path, little)})}
    with zipfile.ZipFile(io.BytesIO(samples["m.ts"])) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    (structure,) = (name for name in parts if name.endswith("/data.pkl"))
    samples["data.pkl"] = parts[structure]
    samples["m.ckpt"] = pickle.dumps({"state_dict": {"w": [1.0, 2.0]}, "global_step": 3}, 2)
    tensors = state(little)
    names = st.sampled_from(sorted(tensors))
    shapes = st.lists(st.integers(0, 9), max_size=4)
    light = {"model": {"discriminator": {"capacity": 1}}}

    def check(folder: Path, given: Any) -> None:
        (folder / "config.gin").write_bytes(samples["config.gin"])
        if isinstance(given, dict):
            torch.save({"state_dict": {**tensors, **given}}, folder / "m.ckpt")
            return void(import_model, folder / "m.ckpt", folder / "run", overrides=light)
        path = folder / given[0]
        path.write_bytes(given[1])
        if path.name == "config.gin":
            torch.save({"state_dict": tensors}, folder / "m.ckpt")
            void(read_gin, path)
            return void(import_model, folder / "m.ckpt", folder / "run", overrides=light)
        if path.name == "data.pkl":
            with zipfile.ZipFile(folder / "m.ts", "w") as made:
                for name, content in {**parts, structure: given[1]}.items():
                    made.writestr(name, content)
            path = folder / "m.ts"
        void(read_checkpoint if path.suffix == ".ckpt" else read_archive, path)

    reshaped = st.dictionaries(names, shapes.map(torch.zeros), min_size=1, max_size=3)
    return Target(st.one_of(mutated(samples), reshaped), check)


def void(call: Callable[..., object], *words: object, **options: object) -> None:
    """Call it; our own errors are as good as a result, and must be one sentence."""
    try:
        call(*words, **options)
    except (UserError, Damaged) as error:
        assert str(error).strip() and "Traceback" not in str(error)
