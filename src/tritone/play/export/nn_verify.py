"""Whether an nn~ file gives what the model gives: all methods over blocks of random sizes, against offline."""

from collections.abc import Callable

import torch
from torch import Tensor

from tritone.errors import UserError
from tritone.families.prior.streaming import StreamingPrior
from tritone.families.vae.model import VAE
from tritone.families.vae.streaming import StreamingVAE
from tritone.nn.noise import sample_normal
from tritone.nn.streaming.style import SOURCE, TARGET, with_amount, with_learning
from tritone.play.export.nn_noise import hashed_normal, hashed_uniform

BOUND = 1e-4
"""Largest difference from the model that a file may have, relative to the loudest value."""
QUIET = 0.01
"""What is quieter than this throughout is measured as if this were its loudest value."""


@torch.inference_mode()
def verify(file: torch.jit.ScriptModule, vae: VAE, stream: StreamingVAE, seed: int = 0) -> dict[str, float]:
    """The largest difference of every method, relative to the loudest value.

    `forward`, `encode` and `decode` without noise against `vae` offline, from the first sample on; `random` is
    `forward` with noise and temperature against `stream`; `style`, where there is one, `forward` while it learns and
    plays a style, against `stream`. Raises UserError where one is too large.
    """
    frames = 2 * stream.encoder_lag + 12
    sound = _sound(vae, stream, frames, seed)
    latent = vae.encode(_sound(vae, stream, frames, seed + 1), dims=stream.dims)
    file.set_noise(0.0)
    file.set_temperature(0.0)
    found = {
        "forward": _apart(
            _in_blocks(file.forward, sound, stream.ratio, seed),
            vae.reconstruct(sound, dims=stream.dims),
            stream.latency_samples,
        ),
        "encode": _apart(
            _in_blocks(file.encode, sound, stream.ratio, seed), vae.encode(sound, dims=stream.dims), stream.encoder_lag
        ),
        "decode": _apart(
            _in_blocks(file.decode, latent, 1, seed),
            vae.decode(latent),
            stream.latency_samples - stream.encoder_lag * stream.ratio,
        ),
        "random": _random(file, stream, sound, seed),
    }
    if stream.encoder_styles or stream.decoder_styles:
        found["style"] = _style(file, stream, sound, _sound(vae, stream, frames, seed + 2))
    for method, difference in found.items():
        _hold(method, difference)
    return found


@torch.inference_mode()
def verify_prior(file: torch.jit.ScriptModule, network: StreamingPrior, seed: int = 0) -> float:
    """The largest difference of `prior` from `network` over 20 frames in two blocks, relative to the largest value."""
    temperature = torch.linspace(0.2, 1.2, 20)
    file.set_seed(seed)
    given = torch.cat([file.prior(part.view(1, 1, -1)) for part in temperature.split(13)], 2)
    noise = hashed_normal(seed, 3, 1, network.noise_width, 0, len(temperature))
    frame, state, wanted = network.initial_frame(1), network.initial_state(1), torch.zeros_like(given)
    for index, warmth in enumerate(temperature.tolist()):
        frame, state = network.step(frame, state, warmth, noise[:, :, index])
        wanted[:, : network.dims, index] = frame
    difference = _apart(given, wanted, 0)
    _hold("prior", difference)
    return difference


def _hold(method: str, difference: float) -> None:
    if not difference <= BOUND:
        raise UserError(
            f"The exported file differs from the model by {difference:.1e} in {method}, more than {BOUND:g}; "
            "it was not written. Please report this with the model's config.yaml."
        )


def _random(file: torch.jit.ScriptModule, stream: StreamingVAE, sound: Tensor, seed: int) -> float:
    """With noise, half a deviation on the hidden axes, and a batch of two."""
    sounds = torch.cat([sound, -sound.flip(-1)])
    file.set_noise(1.0)
    file.set_temperature(0.5)
    file.set_seed(seed)
    given = _in_blocks(file.forward, sounds, stream.ratio, seed + 1)
    latent, _ = stream.encode(sounds, stream.encoder_state(2))
    frames, noise = latent.shape[2], None
    if stream.noise_bands:
        noise = hashed_uniform(seed, 0, 2, stream.noise_bands, 0, frames * stream.noise_rate)
    hidden = stream.fill_rows - stream.beside
    fill = 0.5 * hashed_normal(seed, 1, 2, stream.dims + hidden, 0, frames)[:, stream.dims :]
    if stream.beside:
        fill = torch.cat([fill, hashed_normal(seed, 5, 2, stream.beside, 0, frames)], 1)
    wanted, _ = stream.decode(latent, noise, stream.decoder_state(2, -stream.encoder_lag), fill)
    return _apart(given, wanted, 0)


def _style(file: torch.jit.ScriptModule, stream: StreamingVAE, source: Tensor, target: Tensor) -> float:
    """Learns the target, then the source, then plays that one in the other's style; it forgets both in the end."""
    file.set_noise(0.0)
    file.set_temperature(0.0)
    file.set_style(1.0)
    file.set_reset(True)
    encoder = with_amount(stream.encoder_state(1), stream.encoder_styles, 1.0)
    decoder = with_amount(stream.decoder_state(1, -stream.encoder_lag), stream.decoder_styles, 1.0)
    turns = {TARGET: file.set_learn_target, SOURCE: file.set_learn_source}
    given, wanted = [], []
    for kind, sound in ((TARGET, target), (SOURCE, source), (None, source)):
        if kind is not None:
            turns[kind](True)
            encoder, decoder = _learning(stream, encoder, decoder, kind, True)
        for block in sound.split(3 * stream.ratio, -1):
            given.append(file.forward(block))
            latent, encoder = stream.encode(block, encoder)
            frames = latent.shape[2]
            still = latent.new_zeros(1, stream.noise_bands, frames * stream.noise_rate) if stream.noise_bands else None
            played, decoder = stream.decode(latent, still, decoder, latent.new_zeros(1, stream.fill_rows, frames))
            wanted.append(played)
        if kind is not None:
            turns[kind](False)
            encoder, decoder = _learning(stream, encoder, decoder, kind, False)
    file.set_reset_source(True)
    file.set_reset_target(True)
    file.set_reset(True)
    return _apart(torch.cat(given, -1), torch.cat(wanted, -1), 0)


def _learning(
    stream: StreamingVAE, encoder: list[Tensor], decoder: list[Tensor], sound: int, on: bool
) -> tuple[list[Tensor], list[Tensor]]:
    """Both states, learning `sound` from the frame that comes in next on, or up to it."""
    frame = int(encoder[0].item())
    return (
        with_learning(encoder, stream.encoder_styles, sound, on, frame),
        with_learning(decoder, stream.decoder_styles, sound, on, frame),
    )


def _sound(vae: VAE, stream: StreamingVAE, frames: int, seed: int) -> Tensor:
    """Noise that swells, and an impulse: `(1, channels, frames * ratio)`."""
    samples = frames * stream.ratio
    sound = 0.3 * sample_normal([seed], (vae.channels, samples)) * torch.linspace(0.1, 1, samples)
    sound[..., samples // 3] = 1.0
    return sound


def _in_blocks(method: Callable[[Tensor], Tensor], signal: Tensor, ratio: int, seed: int) -> Tensor:
    """What a method gives for a signal in blocks of 1 to 4 frames, put together."""
    frames = signal.shape[-1] // ratio
    generator = torch.Generator().manual_seed(seed)
    sizes: list[int] = []
    while sum(sizes) < frames:
        sizes.append(min(int(torch.randint(1, 5, (), generator=generator)), frames - sum(sizes)))
    return torch.cat([method(block) for block in signal.split([size * ratio for size in sizes], -1)], -1)


def _apart(given: Tensor, wanted: Tensor, lag: int) -> float:
    """Largest difference of `given` from `wanted`, `lag` steps later and silent before that."""
    kept = min(given.shape[-1] - lag, wanted.shape[-1])
    expected = torch.cat([wanted.new_zeros(*wanted.shape[:2], lag), wanted[..., :kept]], -1)
    loudest = max(wanted.abs().max().item(), QUIET)
    return (given[..., : lag + kept] - expected).abs().max().item() / loudest
