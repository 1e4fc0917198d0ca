"""Every preset, block by block in blocks of any size, gives the numbers that it gives at once."""

import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from loud import FillOf, Loud, NoiseOf, loud, offline
from narrow import PRESETS, preset_config

from tritone.play.live import LiveStream, buffer_samples

FEW = settings(deadline=None, max_examples=4, database=None, derandomize=True, phases=[Phase.generate])
BLOCKS = st.lists(st.one_of(st.integers(1, 100), st.integers(1, 16_384)), min_size=1, max_size=6)
NOISY = [name for name in PRESETS if preset_config(name).noise or preset_config(name).noise_channels]


@st.composite
def sounds(draw: st.DrawFn) -> tuple[str, int, float]:
    """Kind, seed or place of a sound, and its level."""
    return draw(st.sampled_from(["noise", "impulse", "burst"])), draw(st.integers(0, 5_000)), draw(st.floats(0.01, 1))


def sound(kind: tuple[str, int, float], batch: int, channels: int, samples: int) -> torch.Tensor:
    name, number, level = kind
    if name == "impulse":
        audio = torch.zeros(batch, channels, samples)
        audio[..., number % samples] = level
        return audio
    noise = level * (torch.rand(batch, channels, samples, generator=torch.Generator().manual_seed(number)) * 2 - 1)
    if name == "burst":
        noise[..., : number % samples] = 0
        noise[..., (number + 3_000) % samples :] = 0
    return noise


def played(live: LiveStream, audio: torch.Tensor, blocks: list[int]) -> torch.Tensor:
    """The whole sound through the stream, in blocks of these sizes over and over, with a long one between."""
    sizes, outputs, place = [*blocks, 10_000], [], 0
    while place < audio.shape[-1]:
        size = sizes[len(outputs) % len(sizes)]
        outputs.append(live.process(audio[..., place : place + size]))
        assert outputs[-1].shape == audio[..., place : place + size].shape
        place += size
    return torch.cat(outputs, -1)


def same(output: torch.Tensor, expected: torch.Tensor) -> None:
    """Equal to 1e-5 of full scale."""
    full = max(1.0, float(expected.abs().max()))
    torch.testing.assert_close(output / full, expected / full, rtol=0, atol=1e-5)


def length(subject: Loud, late: int) -> int:
    return late + 2 * subject.model.ratio + 5_000


def rows_of(subject: Loud, drawn: int) -> int | None:
    """How much of the latent to keep: anything for axes, for angles all."""
    return None if subject.model.config.bottleneck == "spherical" or drawn == 0 else drawn


def check(subject: Loud, live: LiveStream, kind: tuple[str, int, float], blocks: list[int], dims, seeds) -> None:
    model, late = subject.model, live.latency_samples
    audio = sound(kind, live.batch, model.channels, length(subject, late))
    output = played(live, audio, blocks)
    expected = offline(subject, audio, dims, seeds)
    assert torch.equal(output[..., :late], torch.zeros_like(output[..., :late]))
    same(output[..., late:], expected[..., : output.shape[-1] - late])


@pytest.mark.parametrize("name", PRESETS)
@FEW
@given(kind=sounds(), blocks=BLOCKS, rows=st.integers(0, 8))
def test_blocks_of_any_size_sound_as_the_whole(name: str, kind: tuple[str, int, float], blocks: list[int], rows: int):
    subject = loud(name)
    dims = rows_of(subject, rows)
    stream = subject.model.streaming(dims=dims)
    assert stream.latency_samples == subject.model.lag_samples(noise=False)
    check(subject, LiveStream(stream), kind, blocks, dims, None)


@pytest.mark.parametrize("name", NOISY)
@FEW
@given(kind=sounds(), blocks=BLOCKS, rows=st.integers(0, 8), batch=st.integers(1, 2))
def test_noise_too(name: str, kind: tuple[str, int, float], blocks: list[int], rows: int, batch: int) -> None:
    subject = loud(name)
    dims = rows_of(subject, rows)
    stream = subject.model.streaming(dims=dims, noise=True)
    assert stream.latency_samples == subject.model.delay_samples
    seeds = list(range(3, 3 + batch))
    samples = length(subject, stream.latency_samples + subject.model.ratio - 1)
    given = {"noise": None, "fill": None}
    if stream.noise_bands:
        given["noise"] = NoiseOf(seeds, stream, subject, samples)
    if stream.beside:
        given["fill"] = FillOf(seeds, stream, subject, samples)
    check(subject, LiveStream(stream, batch=batch, **given), kind, blocks, dims, seeds)


@pytest.mark.parametrize("name", NOISY)
def test_what_is_compared_is_loud_and_has_noise_in_it(name: str) -> None:
    subject = loud(name)
    audio = sound(("noise", 0, 0.5), 1, subject.model.channels, 20_000)
    plain, noisy = offline(subject, audio, None, None), offline(subject, audio, None, [1])
    assert (plain - noisy).square().mean().sqrt() > 0.01


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_compared_is_loud(name: str) -> None:
    subject = loud(name)
    audio = sound(("noise", 0, 0.5), 1, subject.model.channels, 20_000)
    assert 0.04 < offline(subject, audio, None, None).square().mean().sqrt() < 3


@pytest.mark.parametrize("name", PRESETS)
def test_live_latents_are_the_offline_ones_some_frames_later(name: str) -> None:
    model = loud(name).model
    stream = model.streaming()
    audio = sound(("noise", 1, 0.5), 2, model.channels, 24 * model.ratio)
    expected = model.encode(torch.nn.functional.pad(audio, (0, loud(name).ahead)))
    state, latents = stream.encoder_state(2), []
    for part in audio.split(3 * model.ratio, -1):
        latent, state = stream.encode(part, state)
        latents.append(latent)
    live, lag = torch.cat(latents, -1), stream.encoder_lag
    assert torch.equal(live[..., :lag], torch.zeros_like(live[..., :lag]))
    compared = expected[..., : 24 - lag]
    spread = compared.std()
    assert spread > 0.1
    # the angle of a short rest of a vector hangs on its rounding
    near = 1e-4 if model.config.bottleneck == "spherical" else 1e-5
    torch.testing.assert_close(live[..., lag:] / spread, compared / spread, rtol=0, atol=near)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("block", [64, 2048, 3000])
def test_blocks_of_one_size_save_latency(name: str, block: int) -> None:
    subject = loud(name)
    stream = subject.model.streaming()
    live = LiveStream(stream, block=block)
    assert live.latency_samples == stream.latency_samples + buffer_samples(subject.model.ratio, block)
    audio = sound(("noise", 2, 0.5), 1, subject.model.channels, (live.latency_samples // block + 3) * block)
    output = torch.cat([live.process(part) for part in audio.split(block, -1)], -1)
    late = live.latency_samples
    expected = offline(subject, audio, None, None)[..., : audio.shape[-1] - late]
    same(output[..., late:], expected)
    assert not output[..., :late].any()


@pytest.mark.parametrize("name", ["vae-v3", "vae-v3-causal"])
def test_with_the_style_of_another_sound(name: str) -> None:
    subject = loud(name)
    model = subject.model
    source, target = (sound(("noise", seed, level), 1, 1, 30_000) for seed, level in ((1, 0.5), (2, 0.05)))
    style = model.learn_style(source, target.cumsum(-1))
    live = LiveStream(model.streaming(style=style))
    audio = sound(("burst", 7, 0.5), 1, 1, length(subject, live.latency_samples))
    output = played(live, audio, [1_000])
    silence = torch.nn.functional.pad(audio, (0, 4 * model.ratio + subject.ahead))
    expected = model.reconstruct(silence, style=style)[..., : audio.shape[-1] - live.latency_samples]
    assert (expected - model.reconstruct(silence)[..., : expected.shape[-1]]).abs().max() > 0.01
    same(output[..., live.latency_samples :], expected)
    assert not output[..., : live.latency_samples].any()
