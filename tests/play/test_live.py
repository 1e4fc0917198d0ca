"""What LiveStream does with blocks, with a stream whose numbers are known."""

import pytest
import torch

from tritone.errors import UserError
from tritone.play.live import LiveStream, buffer_samples


class Counting:
    """Gives its input back 20 samples later, with the noise added; one latent a frame, its mean."""

    sample_rate, channels, ratio, dims = 100, 1, 8, 1
    encoder_lag, latency_samples, noise_bands, noise_rate, fill_rows, beside = 2, 20, 0, 0, 0, 0

    def encoder_state(self, batch=1):
        return [torch.zeros(1, dtype=torch.int64)]

    def decoder_state(self, batch=1, first_frame=0):
        return [torch.tensor([first_frame]), torch.zeros(batch, 1, 20)]

    def encode(self, audio, state):
        assert audio.shape[-1] % 8 == 0
        return audio.unflatten(-1, (-1, 8)).transpose(2, 3).flatten(1, 2), [state[0] + audio.shape[-1] // 8]

    def decode(self, latent, noise, state, fill=None):
        sound = latent.transpose(1, 2).flatten(1)[:, None]
        sound = sound if noise is None else sound + noise
        held = torch.cat([state[1], sound], -1)
        return held[..., : sound.shape[-1]], [state[0] + latent.shape[-1], held[..., sound.shape[-1] :]]


@pytest.mark.parametrize("sizes", [[1], [3, 9, 1], [8], [64], [100], [7, 30]])
def test_as_much_comes_out_as_went_in_exactly_so_much_later(sizes: list[int]) -> None:
    live, audio, parts, place = LiveStream(Counting()), torch.randn(1, 1, 300), [], 0
    while place < 300:
        parts.append(live.process(audio[..., place : place + sizes[len(parts) % len(sizes)]]))
        place += parts[-1].shape[-1]
    output = torch.cat(parts, -1)
    assert live.latency_samples == 20 + 7 and output.shape == audio.shape
    assert not output[..., :27].any()
    assert torch.equal(output[..., 27:], audio[..., :-27])


@pytest.mark.parametrize("block", [1, 2, 4, 6, 8, 12, 16, 24, 100])
def test_blocks_of_one_size_wait_no_longer_than_they_must(block: int) -> None:
    """The least number of samples to begin with, found by counting what is there at every moment."""
    short = max(taken - taken // 8 * 8 for taken in range(block, 1000 * block, block))
    assert buffer_samples(8, block) == short
    live, audio = LiveStream(Counting(), block=block), torch.randn(1, 1, 40 * block)
    output = torch.cat([live.process(part) for part in audio.split(block, -1)], -1)
    late = live.latency_samples
    assert torch.equal(output[..., late:], audio[..., : audio.shape[-1] - late])
    assert not output[..., :late].any()


def test_reset_begins_anew_and_two_streams_share_nothing() -> None:
    stream = Counting()
    first, second = LiveStream(stream), LiveStream(stream)
    audio = torch.randn(1, 1, 100)
    once = first.process(audio)
    assert torch.equal(second.process(audio), once)
    assert not torch.equal(first.process(audio), once)
    first.reset()
    assert torch.equal(first.process(audio), once)


def test_latents_can_be_changed_on_their_way() -> None:
    live = LiveStream(Counting(), between=lambda latent: -2 * latent)
    audio = torch.randn(1, 1, 80)
    assert torch.equal(live.process(audio)[..., 27:], -2 * audio[..., :-27])


class Noisy(Counting):
    noise_bands, noise_rate = 1, 8


def test_noise_follows_from_its_seed_however_blocks_are_cut() -> None:
    silence = torch.zeros(1, 1, 160)
    whole = LiveStream(Noisy(), seed=5).process(silence)
    live = LiveStream(Noisy(), seed=5)
    cut = torch.cat([live.process(part) for part in silence.split(5, -1)], -1)
    assert torch.equal(whole, cut)
    assert 0.4 < whole[..., 30:].abs().mean() < 0.6 and whole.abs().max() <= 1
    assert not torch.equal(LiveStream(Noisy(), seed=6).process(silence), whole)
    live.reset()
    assert torch.equal(live.process(silence), whole)


def test_mistakes() -> None:
    with pytest.raises(UserError, match="at least 1"):
        LiveStream(Counting(), block=0)
    with pytest.raises(ValueError, match="channels"):
        LiveStream(Counting()).process(torch.zeros(1, 2, 8))
    with pytest.raises(ValueError, match="blocks of 8"):
        LiveStream(Counting(), block=8).process(torch.zeros(1, 1, 9))
