"""How fast ours plays live beside acids-rave's own streaming TorchScript export: the same weights, one thread.

Every contender encodes and decodes the same blocks, in turns of some blocks each, at 48 kHz. The noise branch is on in
all but the rows of differences, where ours is compared with acids-rave's own offline model, which is 16 samples late.
Blocks of 512 are measured where a latent frame is no longer (for a longer one theirs gives 2048 samples back).
"""

import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from acids import Name, silence_noise
from import_parity import ALWAYS_LATE, Case, build, export, make_loud, save, their_reconstruction
from stream_memory import grown_megabytes
from table import Row, arguments, at_least, at_most, finish, machine, median_spread
from torch import Tensor, nn

from tritone.families.vae.model import VAE
from tritone.play.export import nn as nn_export
from tritone.play.foreign.run import import_model
from tritone.play.inference.build import KINDS, build_engine
from tritone.play.inference.measure import enough_blocks, probe, signal_to_noise, try_out
from tritone.play.load import load

RATE = 48_000
CAPACITY: dict[Name, int] = {"v1": 64, "v2": 96, "v2_small": 48}
REAL_TIME: dict[Name, float] = {"v2": 7, "v1": 15}
"""Times real time that the best of ours must reach at blocks of 2048."""
TURN, SETTLING = 20, 4
"""Blocks that one contender plays before the next; the whole first turn warms up."""
Play = Callable[[np.ndarray], object]


def scripted(module: torch.jit.ScriptModule) -> Play:
    """Blocks through a TorchScript file's `forward`."""

    def play(block: np.ndarray) -> None:
        with torch.inference_mode():
            module.forward(torch.from_numpy(block[None]))

    return play


def in_turn(players: Mapping[str, Play], blocks: np.ndarray) -> dict[str, list[float]]:
    """Seconds of each player for each block, in turns of `TURN` blocks.

    The first `SETTLING` of a turn do not count: what others left in the caches is no part of playing live.
    """
    taken: dict[str, list[float]] = {name: [] for name in players}
    for first in range(0, len(blocks), TURN):
        for name, play in players.items():
            for place, block in enumerate(blocks[first : first + TURN]):
                start = time.perf_counter()
                play(block)
                if first and place >= SETTLING:
                    taken[name].append(time.perf_counter() - start)
    return taken


def engine_players(model: VAE, block: int) -> dict[str, Play]:
    """Each engine of ours in each precision, and the nn~ file."""
    players: dict[str, Play] = {}
    for name, precision in KINDS:
        engine = build_engine(model.streaming(noise=True), name, precision, block=block, threads=1)
        players[f"{name} {precision}"] = lambda audio, engine=engine: engine.decode(engine.encode(audio))
    players["nn~"] = scripted(nn_export.scripted(model.streaming(noise=True)))
    return players


def speed_rows(name: Name, model: VAE, live: Path, block: int, repeats: int) -> list[Row]:
    """The fastest of ours, in float32 and rounded, beside theirs, all others without a bar, and times real time."""
    players = {**engine_players(model, block), "theirs": scripted(torch.jit.load(live))}
    facts = build_engine(model.streaming(), "torch", "float32", block=block, threads=1).facts
    taken = in_turn(players, probe(facts, block, TURN + repeats))
    theirs = taken.pop("theirs")
    medians = {kind: float(np.median(times)) for kind, times in taken.items()}
    rows = []
    for precisions, bar in ((("float32",), 3.0), (("bf16", "int8"), 6.0)):
        kinds = sorted((kind for kind in medians if kind.endswith(precisions)), key=medians.__getitem__)
        for place, kind in enumerate(kinds):
            what = f"{name}, block {block}: encode and decode, ours by {kind}"
            rows.append(at_least(what, taken[kind], theirs, "s", bar if place == 0 else None))
    rows.append(at_least(f"{name}, block {block}: the nn~ file", taken["nn~"], theirs, "s", 3.0))
    best = min(medians, key=medians.__getitem__)
    return [*rows, real_time_row(name, block, best, taken[best], theirs)]


def real_time_row(name: Name, block: int, best: str, ours: list[float], theirs: list[float]) -> Row:
    """Times real time of the fastest of ours."""
    mine, spread = median_spread([block / RATE / taken for taken in ours])
    peer, peer_spread = median_spread([block / RATE / taken for taken in theirs])
    bar = REAL_TIME.get(name) if block == 2048 else None
    return Row(
        f"{name}, block {block}: live at 48 kHz, one thread, ours by {best}", mine, peer, mine / peer, "x real time",
        len(ours), f"{spread} | {peer_spread}", None if bar is None else f"ours >= {bar:g}",
        None if bar is None else mine >= bar,
    )  # fmt: skip


def truth_rows(name: Name, model: VAE, peer: nn.Module, block: int, blocks: int) -> list[Row]:
    """Each engine against their offline model, and against float32 in torch."""
    reference = build_engine(model.streaming(), "torch", "float32", block=block, threads=1)
    sound = probe(reference.facts, block, enough_blocks(reference.facts, block, blocks))
    audio = torch.from_numpy(sound.swapaxes(0, 1).reshape(1, model.channels, -1))
    with torch.no_grad():
        theirs = their_reconstruction(peer, audio).numpy()[0]
    wanted, late = try_out(reference, sound).output, reference.latency_samples
    rows = []
    for kind, precision in KINDS:
        engine = build_engine(model.streaming(), kind, precision, block=block, threads=1)
        output = wanted if (kind, precision) == ("torch", "float32") else try_out(engine, sound).output
        heard = output[:, late:]
        if precision == "float32":
            gap = float(np.abs(heard[:, :-ALWAYS_LATE] - theirs[:, ALWAYS_LATE : heard.shape[1]]).max())
            size = f"signal std {theirs.std():.3g}"
            rows.append(at_most(f"{name}: stream by {kind} against their offline model", gap, 1e-4, "max abs", 1, size))
        else:
            snr = signal_to_noise(wanted[:, late:], heard)
            what = f"{name}: signal to noise of {kind} {precision} against float32 in torch"
            rows.append(Row(what, snr, None, None, "dB", 1, "-", ">= 40", snr >= 40))
    return rows


def offline_rows(name: Name, model: VAE, peer: nn.Module, repeats: int) -> list[Row]:
    """Decoding ten seconds at once, in float32 and in bf16."""
    frames = -(-10 * RATE // model.ratio)
    seconds = frames * model.ratio / RATE
    latent = torch.randn(1, model.basis.dims, frames)
    rows = []
    for precision in ("float32", "bf16"):
        model.use_precision(precision)
        ours, theirs = [], []
        for _ in range(repeats + 1):
            ours.append(seconds / timed(lambda: model.decode(latent, noise_seeds=[0])))
            theirs.append(seconds / timed(lambda: peer.decode(latent)))
        mine, spread = median_spread(ours[1:])
        other, other_spread = median_spread(theirs[1:])
        bar = 20 if name in REAL_TIME and precision == "float32" else None
        rows.append(Row(
            f"{name}: decode 10 s at once, ours in {precision}, one thread", mine, other, mine / other, "x real time",
            repeats, f"{spread} | {other_spread}", bar and "ours >= 20", None if bar is None else mine >= bar,
        ))  # fmt: skip
    return rows


def timed(action: Callable[[], Tensor]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    with torch.inference_mode():
        action()
    return time.perf_counter() - start


def memory_rows(name: Name, run: Path, live: Path, model: VAE) -> list[Row]:
    """What a process grows by when it opens a model and plays, beside the size of its weights."""
    weights = sum(buffer.numel() for buffer in model.streaming(noise=True).buffers()) * 4 / 2**20
    theirs = grown_megabytes("theirs", live)
    rows = []
    for kind, precision in KINDS:
        ours = grown_megabytes(f"{kind} {precision}", run)
        what = f"{name}: memory while playing by {kind} {precision} (float32 weights are {weights:.0f} MB)"
        bar = 1.6 * weights
        rows.append(Row(what, ours, theirs, theirs / ours, "MB", 1, "-", f"ours <= {bar:.0f}", ours <= bar))
    return rows


def vae(run: Path) -> VAE:
    """The model of a run of a VAE."""
    model = load(run)
    assert isinstance(model, VAE)
    return model


def rows_of(name: Name, folder: Path, quick: bool) -> list[Row]:
    """All rows of one of acids-rave's models."""
    case = Case(name, (name,), capacity=CAPACITY[name])
    peer = build(case)
    if hasattr(peer.decoder, "set_warmed_up"):
        peer.decoder.set_warmed_up(True)
    make_loud(peer, 0.25 * torch.randn(1, 1, RATE // 2048 * 2048))
    checkpoint = save(peer, case, folder)
    live, run = export(folder, True), import_model(checkpoint, folder / "run").run
    model, rows = vae(run), []
    for block in (2048, 512) if model.ratio <= 512 else (2048,):
        rows += speed_rows(name, model, live, block, (40 if quick else 200) * 2048 // block)
    for layer in peer.modules():
        if hasattr(layer, "weight_g"):
            nn.utils.remove_weight_norm(layer)
    rows += memory_rows(name, run, live, model)
    rows += offline_rows(name, model, peer, 3 if quick else 11)
    silence_noise(peer)
    return rows + truth_rows(name, vae(run), peer, 2048, 10 if quick else 40)


def main() -> None:
    """Print the table; see the top of the file."""
    options = arguments(__doc__.splitlines()[0])
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    rows: list[Row] = []
    for name in CAPACITY:
        with tempfile.TemporaryDirectory() as folder, torch.no_grad():
            rows += rows_of(name, Path(folder), options.quick)
    finish("stream_speed", rows, machine(["acids-rave", "cached-conv", "openvino", "onnxruntime"]), options.json)


if __name__ == "__main__":
    sys.exit(main())
