"""What is compared in gan_convergence: one generator (gan-nano), judged in training by different discriminators."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tritone.config import RunConfig, load_preset, make_config

PRESET = "gan-nano"
TAGGER = "scnn"
"""In `networks` and as a judge: the tagger that the benchmark trains on the same loops."""


@dataclass(frozen=True)
class System:
    """A way to train the generator."""

    about: str
    networks: tuple[str, ...] = ()
    """Frozen networks of the discriminator, which are no impartial judges of this system."""
    model: dict[str, Any] = field(default_factory=dict)
    """Settings on top of the preset's."""


def _stylegan2(width: int, most: int, rates: dict[str, float] | None = None) -> System:
    """The paper's baseline: losses, penalties and learning rates of the preset gan-stylegan2; all else as ours.

    `rates` takes the place of the paper's learning rates.
    """
    paper = load_preset("gan-stylegan2")["model"]
    names = ("loss", "weights", "penalty_every", "path_every", "learning_rate", "discriminator_learning_rate")
    discriminator = {"kind": "stylegan2", "width": width, "most": most}
    whose = "our learning rates" if rates else "the paper's learning rates"
    about = f"StyleGAN2's discriminator ({width} to {most} channels), R1, path length, {whose}"
    return System(about, (), {"discriminator": discriminator, **{name: paper[name] for name in names}, **(rates or {})})


OURS = {"learning_rate": 0.005, "discriminator_learning_rate": 0.002}
"""gan-nano's own learning rate, and one for the other side that keeps up with it."""
BASELINES = {
    "stylegan2-16": _stylegan2(16, 128),
    "stylegan2-32": _stylegan2(32, 256),
    "stylegan2-16-fast": _stylegan2(16, 128, OURS),
}
"""Two sizes, and faster learning rates; the one that does best in a trial is the baseline."""

RELATIVISTIC = {"loss": "relativistic", "penalty_every": 4}
PENALTIES = {"generator": 1.0, "path_length": 0.0, "discriminator": 1.0, "r1": 1.0, "r2": 1.0}

PROJECTED = {
    "musicnn": System("projected on musicnn-mtt", ("musicnn-mtt",)),
    "aisfx": System("projected on aisfx", ("aisfx",)),
    "scnn": System("projected on the tagger of this data", (TAGGER,)),
    "fusion": System("projected on musicnn-mtt and the tagger", ("musicnn-mtt", TAGGER)),
}
ABLATIONS = {
    "aisfx-r3gan": System(
        "projected on aisfx, relativistic with R1 and R2",
        ("aisfx",),
        {**RELATIVISTIC, "weights": PENALTIES},
    )
}
HINGE = "aisfx"
"""What the ablation is beside."""
SYSTEMS = {**PROJECTED, **ABLATIONS, **BASELINES}


def run_config(name: str, seed: int, data: Path, tagger: Path) -> RunConfig:
    """The run of a system: gan-nano without labels, as the paper, and without a vocoder."""
    system = SYSTEMS[name]
    networks = [f"scnn:{tagger}" if network == TAGGER else network for network in system.networks]
    said = {"vocoder_from": None, "by_label": False, "by_tempo": False, **system.model}
    said["discriminator"] = {**said.get("discriminator", {}), **({"networks": networks} if networks else {})}
    overrides = {"model": said, "training": {"seed": seed}}
    return make_config("gan", load_preset(PRESET), overrides, name=PRESET, data=str(data))


if __name__ == "__main__":
    sys.exit("gan_systems.py is a part of the benchmarks; run gan_convergence.py.")
