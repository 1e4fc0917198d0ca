"""Quality for the same time: acids-rave's v2_small and our vae-nano, trained equally long on the same drum loops.

Both read the same prepared loops through the same loader with the same phase rotation, and train by their own steps
with their own batch, crops and schedules; only the time of the steps counts, reading included. They take turns, a
quarter of the time at once. acids-rave gets the better of two crop lengths (its own, and half of it) after a tenth of
the time. Held out are rendered loops of other kits, and the recorded loops that ship with the package.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import torch
from quality_measure import LOG_MEL, PEER_SPECTRAL, RATE, SPECTRAL, Measured, Ruler, interval, write_examples
from quality_training import Contestant, Ours, Peer
from sounds import shipped_loops
from table import Row, finish, machine
from torch import Tensor

from tritone.data.prepare import prepare
from tritone.data.render import render_loops
from tritone.signal.files import read_audio

THREADS = 2
TRAINING_LOOPS, HELD_OUT_LOOPS = 600, 48
TRAINING_SHELVES, HELD_OUT_SHELVES = "abc", "d"
PEER_CROPS = (131_072, 65_536)
QUARTERS = (0.25, 0.5, 0.75, 1.0)
TRIAL = 0.1

Sets = dict[str, dict[str, Tensor]]
"""Held-out sounds `(1, 1, time)` by name, in sets by name."""


def prepare_training(folder: Path) -> Path:
    """Render and prepare the training loops; the DATA folder."""
    loops, data = folder / "loops", folder / "data"
    render_loops(loops, TRAINING_LOOPS, sample_rate=RATE, channels=1, seed=0, shelves=TRAINING_SHELVES)
    prepare([loops], data, sample_rate=RATE, bars=1, validation=0.0)
    return data


def held_out_sets(folder: Path) -> Sets:
    """The loops that neither has seen: rendered ones of other kits, and recorded ones."""
    paths = render_loops(
        folder / "held-out", HELD_OUT_LOOPS, sample_rate=RATE, channels=1, seed=1, shelves=HELD_OUT_SHELVES
    )
    rendered = {path.stem: torch.from_numpy(read_audio(path)[0])[None] for path in paths}
    return {"rendered loops": rendered, "recorded loops": {name: loop[None] for name, loop in shipped_loops().items()}}


def choose_peer(data: Path, sounds: list[Tensor], seconds: float) -> tuple[Peer, str]:
    """The peer with the crop length that does better after so many seconds (it goes on from there), and a note."""
    trials = []
    for crop in PEER_CROPS:
        peer = Peer(data, crop)
        peer.train_until(seconds)
        distances = Ruler(peer.training.peer).measure(peer.reconstruct, sounds)[SPECTRAL]
        trials.append((sum(distances) / len(distances), peer))
        _say(f"acids-rave, crops of {crop}: {trials[-1][0]:.3f} after {peer.seconds:.0f} s, {peer.steps} steps")
    trials.sort(key=lambda trial: trial[0])
    (best, chosen), (other, given_up) = trials
    given_up.close()
    note = (
        f"crops of {chosen.crop_samples} ({best:.3g} after {seconds:.0f} s; {other:.3g} with {given_up.crop_samples})"
    )
    return chosen, note


def compare(ours: Contestant, peer: Peer, sets: Sets, seconds: float) -> list[Row]:
    """Train in turns and measure at every quarter of the time."""
    ruler = Ruler(peer.training.peer)
    rows: list[Row] = []
    for quarter in QUARTERS:
        measured: dict[str, dict[str, Measured]] = {}
        for label, contestant in (("ours", ours), ("peer", peer)):
            contestant.train_until(quarter * seconds)
            measured[label] = {
                name: ruler.measure(contestant.reconstruct, list(sounds.values())) for name, sounds in sets.items()
            }
            _say(f"{label}: {contestant.steps} steps in {contestant.seconds:.0f} s")
        for name in sets:
            pair = (measured["ours"][name], measured["peer"][name])
            rows += _rows(f"{name} after {_clock(quarter * seconds)}", *pair, last=quarter == QUARTERS[-1])
    rows.append(_steps(ours, peer, seconds))
    return rows


def _rows(what: str, ours: Measured, peer: Measured, *, last: bool) -> list[Row]:
    """Before the end the spectral distance alone, for the curve; at the end all, and whether ours is lower."""
    names = (SPECTRAL, PEER_SPECTRAL, LOG_MEL) if last else (SPECTRAL,)
    return [_row(f"{what}: {name}", ours[name], peer[name], bar=last and name == SPECTRAL) for name in names]


def _row(what: str, ours: list[float], peer: list[float], *, bar: bool) -> Row:
    mine, theirs = (sum(values) / len(values) for values in (ours, peer))
    spread = f"{interval(ours)} | {interval(peer)}"
    verdict = ("ours lower", mine < theirs) if bar else (None, None)
    return Row(what, mine, theirs, theirs / mine, "distance", len(ours), spread, *verdict)


def _steps(ours: Contestant, peer: Contestant, seconds: float) -> Row:
    return Row(f"training steps in {_clock(seconds)}", ours.steps, peer.steps, None, "steps", 1, "-")


def examples(sets: Sets) -> dict[str, Tensor]:
    """Four held-out sounds to look at: three rendered, one recorded."""
    rendered, recorded = sets["rendered loops"], sets["recorded loops"]
    names = list(rendered)[:: len(rendered) // 3][:3]
    return {**{name: rendered[name] for name in names}, "breakbeat_126bpm": recorded["breakbeat_126bpm"]}


def _clock(seconds: float) -> str:
    return f"{seconds / 60:g} min"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="train for one minute each")
    parser.add_argument("--minutes", type=float, help="train so many minutes each (20, or 1 with --quick)")
    parser.add_argument("--json", type=Path, help="also write the rows to NAME.json, and sound to NAME_examples")
    return parser.parse_args()


def main() -> None:
    args = _arguments()
    torch.set_num_threads(THREADS)
    seconds = 60 * (args.minutes or (1 if args.quick else 20))
    with tempfile.TemporaryDirectory() as folder:
        _say("rendering and preparing loops")
        sets, data = held_out_sets(Path(folder)), prepare_training(Path(folder))
        peer, note = choose_peer(data, list(sets["rendered loops"].values()), TRIAL * seconds)
        ours = Ours(data)
        rows = compare(ours, peer, sets, seconds)
        ours.close(), peer.close()
    if args.json:
        sides = {"ours": ours.reconstruct, "acids-rave": peer.reconstruct}
        write_examples(args.json.with_name(f"{args.json.stem}_examples"), examples(sets), sides)
    head = {**machine(["acids-rave", "accelerate"]), "ours": ours.about, "theirs": peer.about, "chosen": note}
    finish("vae_quality", rows, head, args.json)


if __name__ == "__main__":
    main()
