"""Whether a step in another runtime gives what the model gives: block by block, against the model offline."""

import numpy as np
import torch
from torch import Tensor

from tritone.errors import UserError
from tritone.families.vae.model import VAE
from tritone.families.vae.streaming import StreamingVAE
from tritone.nn.noise import sample_normal, sample_uniform
from tritone.play.inference.runners import Runner
from tritone.play.inference.steps import Method, Step, StepSpec

BOUND = 1e-4
"""Largest difference from the model that a file may have, relative to the loudest value."""
QUIET = 0.01
"""What is quieter than this throughout is measured as if this were its loudest value."""
SEED = 0


@torch.inference_mode()
def verify(runner: Runner, vae: VAE, stream: StreamingVAE, block: int) -> dict[str, float]:
    """Largest differences of a fresh `runner`, relative to the loudest value, over noise that swells and a click.

    `offline`: from `vae` offline with the same noise, from the first sample on. `streaming`: from `stream`, all blocks
    at once. `again`: from itself after a reset. UserError where one is too large or no number.
    """
    method, frames = runner.spec.method, block // stream.ratio
    count = -(-(2 * stream.encoder_lag + -(-stream.latency_samples // stream.ratio) + 8) // frames)
    signal = _sound(stream, count * frames)
    if method == "decode":
        signal = vae.encode(signal, dims=stream.dims)[..., : count * frames]
    wanted, late, heard = _offline(vae, stream, method, signal)
    given = _run(runner, [signal, *heard], count)
    runner.reset()
    found = {
        "offline": _apart(given, wanted, late),
        "streaming": _apart(given, _streamed(runner.spec, stream, [signal, *heard]), 0),
        "again": _apart(_run(runner, [signal, *heard], count), given, 0),
    }
    for against, difference in found.items():
        if not difference <= BOUND:
            raise UserError(
                f"The exported file differs from the model ({against}) by {difference:.1e}, more than {BOUND:g}, "
                "and was not kept. Please report this with the model's config.yaml."
            )
    return found


def _sound(stream: StreamingVAE, frames: int) -> Tensor:
    """Noise that swells, and in a silent stretch of it a click: `(1, channels, frames * ratio)`."""
    samples = frames * stream.ratio
    sound = 0.3 * sample_normal([SEED], (stream.channels, samples)) * torch.linspace(0.1, 1, samples)
    sound[..., samples // 3 : samples // 3 + 2 * stream.ratio] = 0
    sound[..., samples // 3 + stream.ratio] = 1
    return sound


def _offline(vae: VAE, stream: StreamingVAE, method: Method, signal: Tensor) -> tuple[Tensor, int, list[Tensor]]:
    """What the model gives for the whole signal at once, how much later a stream gives it, and with which noise.

    The noise of a latent frame goes into the stream beside the same frame.
    """
    if method == "encode":
        return vae.encode(signal, dims=stream.dims), stream.encoder_lag, []
    latent = signal if method == "decode" else vae.encode(signal, dims=stream.dims)
    lag = 0 if method == "decode" else stream.encoder_lag
    frames = signal.shape[-1] // (1 if method == "decode" else stream.ratio)
    late = stream.latency_samples - (stream.encoder_lag - lag) * stream.ratio
    heard = []
    if stream.noise_bands:
        noise = sample_uniform([SEED], (stream.noise_bands, latent.shape[-1] * stream.noise_rate))
        heard.append(_later(noise, lag * stream.noise_rate, frames * stream.noise_rate))
    if stream.beside:
        heard.append(_later(vae.with_noise(torch.zeros_like(latent[:, :1]), [SEED])[:, 1:], lag, frames))
    return vae.decode(latent, noise_seeds=[SEED] if heard else None), late, heard


def _later(signal: Tensor, late: int, length: int) -> Tensor:
    """The signal behind so many zeros, cut to `length`."""
    return torch.cat([signal.new_zeros(*signal.shape[:2], late), signal], -1)[..., :length]


def _run(runner: Runner, inputs: list[Tensor], count: int) -> Tensor:
    """The signals in `count` blocks through the runner, put together."""
    blocks = zip(*(tensor.chunk(count, -1) for tensor in inputs), strict=True)
    return torch.from_numpy(np.concatenate([runner.run(*(part.numpy() for part in parts)) for parts in blocks], -1))


def _streamed(spec: StepSpec, stream: StreamingVAE, inputs: list[Tensor]) -> Tensor:
    """What the streaming model gives for everything as one block."""
    frames = inputs[0].shape[-1] // (1 if spec.method == "decode" else stream.ratio)
    whole = Step(stream, spec.method, frames * stream.ratio)
    return whole(*inputs, *(torch.from_numpy(array) for array in spec.start))[0]


def _apart(given: Tensor, wanted: Tensor, late: int) -> float:
    """Largest difference of `given` from `wanted`, `late` steps later and silent before that."""
    kept = min(given.shape[-1] - late, wanted.shape[-1])
    expected = torch.cat([wanted.new_zeros(*wanted.shape[:2], late), wanted[..., :kept]], -1)
    loudest = max(wanted.abs().max().item(), QUIET)
    return (given[..., : late + kept] - expected).abs().max().item() / loudest
