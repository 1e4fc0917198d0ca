"""What a stream is as a module: its state is explicit, the model it was made of untouched, and it can be scripted."""

import pytest
import torch
from loud import loud

from tritone.families.base import Stream

SCRIPTED = ["vae-v1", "vae-v2-small-causal", "vae-nano", "vae-discrete-nano", "vae-spherical", "vae-v3"]


def draws(stream: Stream, batch: int, frames: int) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor]:
    """Sound, noise and fill of so many latent frames."""
    noise = torch.rand(batch, stream.noise_bands, frames * stream.noise_rate) * 2 - 1 if stream.noise_bands else None
    sound = 0.5 * torch.randn(batch, stream.channels, frames * stream.ratio)
    return sound, noise, torch.randn(batch, stream.fill_rows, frames)


def test_state_is_given_and_returned_and_nothing_is_kept() -> None:
    stream = loud("vae-v1").model.streaming(noise=True)
    names = {name: value.clone() for name, value in stream.state_dict().items()}
    encoder, decoder = stream.encoder_state(2), stream.decoder_state(2, -stream.encoder_lag)
    for frames in (1, 3):
        sound, noise, fill = draws(stream, 2, frames)
        copies = [[tensor.clone() for tensor in state] for state in (encoder, decoder)]
        latent, next_encoder = stream.encode(sound, encoder)
        output, next_decoder = stream.decode(latent, noise, decoder, fill)
        for state, copy in ((encoder, copies[0]), (decoder, copies[1])):
            assert all(torch.equal(now, before) for now, before in zip(state, copy, strict=True))
        assert torch.equal(stream.decode(latent, noise, decoder, fill)[0], output)
        assert torch.equal(stream.encode(sound, encoder)[0], latent)
        assert [tensor.shape for tensor in next_encoder] == [tensor.shape for tensor in encoder]
        assert [tensor.shape for tensor in next_decoder] == [tensor.shape for tensor in decoder]
        assert next_encoder[0] - encoder[0] == next_decoder[0] - decoder[0] == frames
        encoder, decoder = next_encoder, next_decoder
    assert all(torch.equal(value, names[name]) for name, value in stream.state_dict().items())
    assert next_decoder[0] == 4 - stream.encoder_lag


def test_sounds_of_a_batch_do_not_hear_each_other() -> None:
    stream = loud("vae-v2-small").model.streaming()
    sound, _, _ = draws(stream, 3, 30)
    alone = stream.encode(sound[1:2], stream.encoder_state())[0]
    torch.testing.assert_close(stream.encode(sound, stream.encoder_state(3))[0][1:2], alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["vae-v1", "vae-v2", "vae-nano"])
def test_the_model_stays_as_it_is(name: str) -> None:
    model = loud(name).model
    before = {key: value.clone() for key, value in model.state_dict().items()}
    gradients = [parameter.requires_grad for parameter in model.parameters()]
    stream = model.streaming()
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert [parameter.requires_grad for parameter in model.parameters()] == gradients
    shared = {value.data_ptr() for value in model.state_dict().values()}
    assert not shared & {value.data_ptr() for value in stream.buffers() if value.numel()}
    assert not list(stream.parameters())


def test_noise_that_is_heard_must_be_given() -> None:
    stream = loud("vae-v1").model.streaming(noise=True)
    with pytest.raises(ValueError, match="give noise"):
        stream.decode(torch.zeros(1, 8, 1), None, stream.decoder_state())


@pytest.mark.parametrize("name", ["vae-v2", "vae-v1-causal"])
def test_latents_of_a_file_decode_from_frame_0(name: str) -> None:
    """Without an encoder before it, what comes late is what the decoder itself looks ahead."""
    model = loud(name).model
    stream = model.streaming()
    latent = torch.randn(1, 8, 30)
    state, parts = stream.decoder_state(), []
    for part in latent.split(4, -1):
        sound, state = stream.decode(part, None, state)
        parts.append(sound)
    live = torch.cat(parts, -1)
    assert stream.latency_samples == stream.decoder_lag + stream.encoder_lag * stream.ratio
    length = live.shape[-1] - stream.decoder_lag - 8 * stream.ratio  # offline a decoder has zeros behind its end
    expected = model.decode(latent)[..., :length]
    torch.testing.assert_close(live[..., stream.decoder_lag :][..., :length], expected, rtol=0, atol=3e-5)
    assert not live[..., : stream.decoder_lag].any()


def test_axes_that_are_missing_follow_what_fills_them() -> None:
    model = loud("vae-v2").model
    few, all_axes = model.streaming(dims=3), model.streaming()
    latent = torch.randn(1, 8, 20)
    expected = all_axes.decode(latent, None, all_axes.decoder_state())[0]
    filled = few.decode(latent[:, :3], None, few.decoder_state(), latent[:, 3:])[0]
    torch.testing.assert_close(filled, expected, rtol=0, atol=1e-5)
    resting = all_axes.decode(torch.cat([latent[:, :3], torch.zeros(1, 5, 20)], 1), None, all_axes.decoder_state())[0]
    torch.testing.assert_close(few.decode(latent[:, :3], None, few.decoder_state())[0], resting, rtol=0, atol=1e-5)
    assert (filled - resting).abs().max() > 0.01


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize("name", SCRIPTED)
def test_scripted_it_is_the_same(name: str, tmp_path) -> None:
    stream = loud(name).model.streaming(noise=True)
    torch.jit.script(stream).save(str(tmp_path / "stream.ts"))
    scripted = torch.jit.load(str(tmp_path / "stream.ts"))
    assert scripted.latency_samples == stream.latency_samples and scripted.noise_bands == stream.noise_bands
    states = [
        (stream.encoder_state(), stream.decoder_state(1, -stream.encoder_lag)),
        (scripted.encoder_state(), scripted.decoder_state(1, -stream.encoder_lag)),
    ]
    for frames in (1, 2, 1, 30, 1):
        sound, noise, fill = draws(stream, 1, frames)
        outputs = []
        for which, playing in enumerate((stream, scripted)):
            latent, encoder = playing.encode(sound, states[which][0])
            output, decoder = playing.decode(latent, noise, states[which][1], fill)
            states[which] = encoder, decoder
            outputs.append((latent, output))
        torch.testing.assert_close(outputs[0], outputs[1], rtol=0, atol=1e-5)
    assert outputs[0][1].abs().max() > 0.01
