"""A prior that plays: what follows from a seed, how sound goes on, and the same one frame at a time."""

import pytest
import torch
from small_prior import CONFIG, DIMS, lively

from tritone.errors import UserError

RATE = CONFIG.sample_rate


@pytest.fixture(scope="module")
def model():
    return lively()


def test_a_sound_follows_from_its_seed_alone(model):
    three = model.generate(3, 0.2, [5, 6, 7])
    assert three.shape == (3, 1, 1600) and bool(three.isfinite().all())
    assert torch.equal(three[1:2], model.generate(1, 0.2, [6])) and not torch.equal(three[0], three[1])
    assert float(three.abs().max()) <= 1 and float(three.std()) > 1e-3
    assert model.generate(0, 0.2, []).shape == (0, 1, 1600)


def test_a_longer_sound_begins_as_a_shorter_one(model):
    stream, quiet = model.streaming(), lambda done, total: None
    short, long = (model._drawn(stream, count, 4, 1.0, quiet) for count in (70, 200))
    assert torch.equal(long[:, :70], short)


def test_label_and_temperature_matter(model):
    plain, low, high = (model.generate(1, 0.2, [3], label=label) for label in ("", "low", "high"))
    assert not torch.equal(low, high) and not torch.equal(plain, low)
    still = [model.generate(1, 0.2, [seed], temperature=0.0) for seed in (1, 2)]
    assert torch.equal(*still) and not torch.equal(still[0], plain)


def test_sounds_in_windows_are_those_of_the_whole(model):
    whole = model.generate(1, 0.5, [3])
    window, model.frames.window = model.frames.window, 40
    parts = model.generate(1, 0.5, [3])
    model.frames.window = window
    torch.testing.assert_close(parts, whole, rtol=0, atol=1e-5)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning", "ignore:.*torch.jit.*:FutureWarning")
def test_scripted_steps_give_the_sound_of_generate(model):
    stream = torch.jit.script(model.streaming("low"))
    frame, state = stream.initial_frame(1), stream.initial_state(1)
    samples, frames = 2000, []
    for noise in model._noise(9, model.frames.count(samples), stream.noise_width):
        frame, state = stream.step(frame, state, 0.8, noise[None])
        assert frame.shape == (1, DIMS)
        frames.append(frame)
    sound = model.codec.decode(torch.stack(frames, -1), samples)
    made = model.generate(1, samples / RATE, [9], temperature=0.8, label="low")
    torch.testing.assert_close(sound / sound.abs().max().clamp(min=1), made, rtol=0, atol=1e-4)


def test_rows_of_a_stream_do_not_touch_each_other(model):
    stream = model.streaming()
    noise = torch.randn(10, 3, stream.noise_width)

    def play(rows):
        frame, state, made = stream.initial_frame(len(rows)), stream.initial_state(len(rows)), []
        for each in noise[:, rows]:
            frame, state = stream.step(frame, state, 1.0, each)
            made.append(frame)
        return torch.stack(made)

    torch.testing.assert_close(play([0, 1, 2])[:, [2, 0]], play([2, 0]), rtol=1e-4, atol=1e-5)


def test_a_sound_goes_on_from_what_is_given(model):
    given = 0.5 * torch.rand(1, 1, 1111) - 0.25
    longer = model.continue_from(given, 0.4, [1, 2])
    assert longer.shape == (2, 1, 3200) and torch.equal(longer[:, :, :1111], given.expand(2, -1, -1))
    assert not torch.equal(longer[0], longer[1]) and float(longer[..., 1111:].std()) > 1e-3
    assert torch.equal(model.continue_from(given, 0.4, [2]), longer[1:])
    other = model.continue_from(given.flip(-1), 0.4, [2])
    assert not torch.allclose(other[..., 1400:], longer[1:, :, 1400:])


def test_only_the_end_of_a_long_sound_is_heard(model):
    given = 0.5 * torch.rand(1, 1, 32 * 400) - 0.25
    later = given.clone()
    later[..., :3200] = 0.0
    seconds = (given.shape[-1] + 900) / RATE
    after = [model.continue_from(sound, seconds, [1])[..., given.shape[-1] :] for sound in (given, later)]
    assert torch.equal(*after)


def test_a_sound_shorter_than_a_frame_goes_on(model):
    given = torch.full((1, 1, 3), 0.1)
    longer = model.continue_from(given, 0.1, [1])
    assert longer.shape == (1, 1, 800) and torch.equal(longer[..., :3], given)


def test_progress_is_told_to_its_end(model):
    told = []
    model.generate(2, 0.3, [1, 2], show=lambda done, total: told.append(done / total))
    assert told == sorted(told) and told[0] == 0 and told[-1] == 1 and 0.5 in told


def test_bf16_plays_nearly_the_same():
    exact, rough = lively(), lively()
    rough.use_precision("bf16")
    frames = torch.randn(1, 30, DIMS)
    said = [each.said(frames, torch.tensor([-1])).detach() for each in (exact, rough)]
    assert said[1].dtype == torch.float32
    assert 1e-6 < float((said[0] - said[1]).abs().max()) < 0.1 * float(said[0].abs().max())
    assert bool(rough.generate(1, 0.2, [1]).isfinite().all())


def test_facts(model):
    facts = model.facts()
    assert facts["dims"] == DIMS and facts["of_dims"] == 6 and facts["ratio"] == 32
    assert facts["hears_frames"] == 8 and facts["labels"] == "low, high" and facts["codec"] == "VAE"
    assert model.capabilities() == {"generate", "continue"}


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"label": "lwo"}, "no label 'lwo'; it knows low, high; did you mean low"),
        ({"temperature": -1.0}, "temperature must be a number of at least 0"),
        ({"temperature": float("nan")}, "temperature"),
        ({"seconds": 0.0}, "at least one sample"),
        ({"count": 2}, "one seed for each of the 2 sounds"),
    ],
)
def test_wishes_that_make_no_sound_are_refused(model, wish, words):
    with pytest.raises(UserError, match=words):
        model.generate(**{"count": 1, "seconds": 0.1, "seeds": [1], **wish})


def test_what_does_not_go_on_is_refused(model):
    with pytest.raises(UserError, match=r"must be more than the 0\.50 s"):
        model.continue_from(torch.zeros(1, 1, 4000), 0.5, [1])
    with pytest.raises(UserError, match="1 or 3, channels, time"):
        model.continue_from(torch.zeros(2, 1, 4000), 1.0, [1, 2, 3])
