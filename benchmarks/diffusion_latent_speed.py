"""Seconds of 48 kHz stereo sound for each second of compute: diffusion of latents beside audio-diffusion-pytorch.

Ours is the preset diffusion-latent over the latents of vae-v2-48k-stereo, decoder included, at 16 steps of the default
sampler and at the few steps of a distilled student. The peer is the README model of audio-diffusion-pytorch 0.1.3 on
waveforms at 50 steps, of which a few are timed. Weights are random: what they are makes no difference to the time.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial

import torch
from table import Row, arguments, finish, in_turn, machine, median_spread

from tritone import families
from tritone.config import load_preset, make_config
from tritone.families.base import Precision, Synthesizer
from tritone.families.diffusion.config import CodecConfig
from tritone.nn.blocks import fold_weight_norm

THREADS = 2
RATE, SAMPLES = 48_000, 2**18
STEPS, PEER_STEPS = 16, 50
BARS = {16: 5.0, 4: 15.0, 1: None}
"""Times real time that a number of steps must reach."""
CODEC = "vae-v2-48k-stereo"


@dataclass(frozen=True)
class Plan:
    """How often everything is measured, and how many of the peer's steps."""

    repeats: int = 5
    peer_steps: int = 4


QUICK = Plan(repeats=2, peer_steps=1)


def latent_model(precision: Precision) -> Synthesizer:
    """The preset with a codec of random weights in it."""
    torch.manual_seed(0)
    codec = make_config("vae", load_preset(CODEC)).model
    config = make_config("diffusion", load_preset("diffusion-latent")).model
    config = replace(config, codec=CodecConfig("vae", asdict(codec), 1))
    model = families.build("diffusion", config).eval().requires_grad_(False)
    fold_weight_norm(model)
    if precision != "float32":
        model.use_precision(precision)
    return model


def peer_model() -> torch.nn.Module:
    """The unconditional example of audio-diffusion-pytorch's README."""
    from audio_diffusion_pytorch import DiffusionModel, UNetV0, VDiffusion, VSampler

    torch.manual_seed(0)
    return DiffusionModel(
        net_t=UNetV0, in_channels=2, diffusion_t=VDiffusion, sampler_t=VSampler,
        channels=[8, 32, 64, 128, 256, 512, 512, 1024, 1024], factors=[1, 4, 4, 4, 2, 2, 2, 2, 2],
        items=[1, 2, 2, 2, 2, 2, 2, 4, 4], attentions=[0, 0, 0, 0, 0, 1, 1, 1, 1],
        attention_heads=8, attention_features=64,
    ).eval()  # fmt: skip


def real_time(seconds: float) -> float:
    """Seconds of sound for a second of compute."""
    return SAMPLES / RATE / seconds


def timed(make: Callable[[], object]) -> float:
    """Seconds that it takes."""
    begun = time.perf_counter()
    make()
    return time.perf_counter() - begun


def rows(precision: Precision, plan: Plan) -> list[Row]:
    """Whole sounds at 16, 4 and 1 steps."""
    model, peer = latent_model(precision), peer_model()
    noise = torch.randn(1, 2, SAMPLES)

    @torch.inference_mode()
    def theirs() -> float:
        return timed(partial(peer.sample, noise, num_steps=plan.peer_steps)) * PEER_STEPS / plan.peer_steps

    @torch.inference_mode()
    def ours(steps: int) -> float:
        sampler = "2m" if steps == STEPS else "ping-pong"
        return timed(partial(model.generate, 1, SAMPLES / RATE, [0], steps=steps, sampler=sampler))

    found = []
    for steps, bar in BARS.items():
        ours(steps)
        sides = in_turn(plan.repeats, partial(ours, steps), theirs)
        (mine, spread), (other, their_spread) = (median_spread([real_time(one) for one in side]) for side in sides)
        kind = f"{steps} steps" if steps == STEPS else f"{steps} step(s), distilled"
        found.append(
            Row(
                f"latents, {kind}, {precision}, decoder included | waveforms, {PEER_STEPS} steps, float32", mine, other,
                mine / other, "x real time", plan.repeats, f"{spread} | {their_spread}",
                bar and f">= {bar:g}", None if bar is None else mine >= bar,
            )
        )  # fmt: skip
    return found


def main() -> None:
    args = arguments(__doc__.splitlines()[0])
    torch.set_num_threads(THREADS)
    plan = QUICK if args.quick else Plan()
    kinds: list[Precision] = ["bf16"] if args.quick else ["bf16", "float32"]
    found = [row for precision in kinds for row in rows(precision, plan)]
    finish("diffusion_latent_speed", found, machine(["audio-diffusion-pytorch"]), args.json)


if __name__ == "__main__":
    sys.exit(main())
