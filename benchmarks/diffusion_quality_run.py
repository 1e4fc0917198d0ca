"""One training run of diffusion_quality: at every mark new sound is made, and what each judge hears is written down."""

import argparse
import json
import sys
from pathlib import Path

import torch
from diffusion_contestants import SYSTEMS, Contestant
from gan_data import RATE
from gan_judges import Embeddings, write
from torch import Tensor

from tritone.judge.logmel import embed
from tritone.nn.feature_networks import load_network
from tritone.signal.files import write_wav

MARKS = (1 / 4, 1 / 2, 1.0)
"""Shares of the time at which new sound is judged."""
EARLY = 4
"""Before the end, one such part of the sounds is made: the peer needs longer for a sound than for a training step."""
FIRST_SEED = 1 << 32
NETWORKS = ("aisfx", "musicnn-mtt")
LOGMEL = "logmel"
JUDGES = (*NETWORKS, LOGMEL)
"""None of them has trained any of the systems."""
CHUNK = 16
KEPT = 6
"""Sounds of each mark that are written to listen to."""


@torch.no_grad()
def judged(audio: Tensor) -> Embeddings:
    """What each judge hears of `(count, 1, time)`."""
    found = {LOGMEL: embed(audio, RATE).numpy().astype("float32")}
    for name in NETWORKS:
        network = load_network(name)
        parts = [network.embed(network.from_audio(chunk, RATE)).float() for chunk in audio.split(CHUNK)]
        found[name] = torch.cat(parts).numpy()
    return found


def judge(contestant: Contestant, folder: Path, mark: int, samples: int) -> None:
    """Make sounds, and keep what is heard of them and some to listen to."""
    audio = contestant.make(list(range(FIRST_SEED, FIRST_SEED + samples))).clamp(-1, 1)
    if not bool(torch.isfinite(audio).all()):
        audio = torch.nan_to_num(audio)
    for index, sound in enumerate(audio[:KEPT]):
        write_wav(folder / f"mark-{mark}-{index}.wav", sound.numpy(), RATE)
    write(folder / f"mark-{mark}.npz", judged(audio))
    note = {"seconds": contestant.seconds, "steps": contestant.steps, "parameters": contestant.parameters()}
    (folder / f"mark-{mark}.json").write_text(json.dumps(note))
    print(f"{folder.name}: {contestant.seconds:.0f} s, {contestant.steps} steps", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("system", choices=SYSTEMS)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--samples", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    if (args.folder / f"mark-{len(MARKS) - 1}.json").exists():
        return
    args.folder.mkdir(parents=True, exist_ok=True)
    seconds = 60 * args.minutes
    contestant = SYSTEMS[args.system][1](args.data, args.seed, args.folder, seconds)
    for mark, share in enumerate(MARKS):
        contestant.train_until(share * seconds)
        judge(contestant, args.folder, mark, args.samples if share == 1.0 else max(8, args.samples // EARLY))


if __name__ == "__main__":
    main()
