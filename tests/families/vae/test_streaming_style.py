"""Styles that are learned while it plays, in streams of v3: against hooks in the whole network, offline."""

import pytest
import torch
from loud import Loud, beyond, loud

from tritone.nn import instance_norm
from tritone.nn.instance_norm import AdaptiveInstanceNorm, Statistics, Style, statistics
from tritone.nn.streaming import style as learned
from tritone.nn.streaming.style import SOURCE, TARGET
from tritone.play.live import LiveStream

NAMES = ["vae-v3", "vae-v3-causal"]
FRAMES = 24


def sounds(subject: Loud) -> tuple[torch.Tensor, torch.Tensor]:
    """A source and a target of `FRAMES` frames, unlike each other."""
    samples = FRAMES * subject.model.ratio
    source, target = (torch.randn(1, 1, samples, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2))
    return 0.5 * source, 0.02 * target.cumsum(-1)


class Learner:
    """A live stream whose style can be turned between blocks, as an engine does it."""

    def __init__(self, subject: Loud) -> None:
        self.stream = subject.model.streaming(learning=True)
        self.live = LiveStream(self.stream)

    def turn(self, change) -> None:
        live, stream = self.live, self.stream
        live.encoder_state = change(live.encoder_state, stream.encoder_styles)
        live.decoder_state = change(live.decoder_state, stream.decoder_styles)

    def learn(self, sound: int, on: bool) -> None:
        frame = int(self.live.encoder_state[0])
        self.turn(lambda state, slots: learned.with_learning(state, slots, sound, on, frame))

    def put(self, style: Style) -> None:
        """Knows both sounds, and plays with all of the style from now on."""
        count = len(self.stream.encoder_styles)
        for sound, found in ((SOURCE, style.source), (TARGET, style.target)):
            halves = iter((found[:count], found[count:]))
            self.turn(lambda state, slots, sound=sound, halves=halves: known(state, slots, sound, next(halves)))
        self.amount(1.0)

    def amount(self, value: float) -> None:
        self.turn(lambda state, slots: learned.with_amount(state, slots, value))

    def found(self, sound: int) -> tuple[Statistics, ...]:
        """What is known at every place."""
        live, stream = self.live, self.stream
        rows = [live.encoder_state[slot][0] for slot in stream.encoder_styles]
        rows += [live.decoder_state[slot][0] for slot in stream.decoder_styles]
        return tuple(Statistics(each[sound + 3], each[sound + 4].sqrt()) for each in rows)

    def play(self, audio: torch.Tensor, size: int = 5_000) -> torch.Tensor:
        return torch.cat([self.live.process(part) for part in audio.split(size, -1)], -1)

    def play_out(self, audio: torch.Tensor) -> torch.Tensor:
        """The sound alone, without latency, with silence after it."""
        late = self.live.latency_samples
        return self.play(torch.nn.functional.pad(audio, (0, late)))[..., late:]


def known(state, slots, sound, found):
    return learned.with_statistics(state, slots, sound, [each.mean for each in found], [each.std for each in found])


def whole_frames(subject: Loud, audio: torch.Tensor) -> tuple[Statistics, ...]:
    """Statistics at every place offline, silence after the sound, over the rows of the sound alone."""
    found = []
    places = [each for each in subject.model.modules() if isinstance(each, AdaptiveInstanceNorm)]
    padded = torch.nn.functional.pad(audio, (0, beyond(subject)))
    share = audio.shape[-1] / subject.model.ratio / subject.model.encode(padded).shape[-1]

    def hear(_place, _given, output):
        found.append(statistics(output[..., : round(output.shape[-1] * share)]))

    hooks = [place.register_forward_hook(hear) for place in places]
    subject.model.reconstruct(padded)
    for hook in hooks:
        hook.remove()
    return tuple(found)


def near(given: tuple[Statistics, ...], wanted: tuple[Statistics, ...], share: float) -> None:
    """Every mean and deviation, relative to the largest deviation of its place."""
    assert len(given) == len(wanted) > 10
    for one, other in zip(given, wanted, strict=True):
        scale = other.std.max().item() + other.mean.abs().max().item()
        torch.testing.assert_close(one.mean, other.mean, rtol=0, atol=share * scale)
        torch.testing.assert_close(one.std, other.std, rtol=0, atol=share * scale)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sound", [SOURCE, TARGET])
def test_what_is_learned_of_a_sound_is_its_statistics_offline(name: str, sound: int) -> None:
    subject = loud(name)
    audio, _ = sounds(subject)
    player = Learner(subject)
    player.amount(1.0)
    player.learn(sound, on=True)
    player.play(audio)
    player.learn(sound, on=False)
    player.play(torch.zeros(1, 1, player.live.latency_samples + 4 * subject.model.ratio))
    near(player.found(sound), whole_frames(subject, audio), 1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_with_known_statistics_a_stream_is_reconstruct_with_the_style(name: str) -> None:
    subject = loud(name)
    source, target = sounds(subject)
    style = subject.model.learn_style(source, target)
    player = Learner(subject)
    player.put(style)
    player.play(torch.zeros(1, 1, subject.model.ratio))  # the glide
    restart(player)
    silence = torch.nn.functional.pad(source, (0, beyond(subject)))
    expected = subject.model.reconstruct(silence, style=style)[..., : source.shape[-1]]
    plain = subject.model.reconstruct(silence)[..., : source.shape[-1]]
    assert (expected - plain).abs().max() > 0.01
    same(player.play_out(source), expected)


def restart(player: Learner) -> None:
    """A stream that has heard nothing yet and knows what it knew."""
    before = player.live.encoder_state, player.live.decoder_state
    player.live.reset()
    player.live.encoder_state = learned.carried(player.live.encoder_state, before[0], player.stream.encoder_styles)
    player.live.decoder_state = learned.carried(player.live.decoder_state, before[1], player.stream.decoder_styles)


def same(output: torch.Tensor, expected: torch.Tensor) -> None:
    full = max(1.0, float(expected.abs().max()))
    torch.testing.assert_close(output / full, expected / full, rtol=0, atol=1e-5)


def learned_live(subject: Loud, source: torch.Tensor, target: torch.Tensor) -> Learner:
    """First the target is heard, then the source, each followed by silence until all of it has gone through."""
    player = Learner(subject)
    player.amount(1.0)
    rest = torch.zeros(1, 1, player.live.latency_samples + 4 * subject.model.ratio)
    for sound, audio in ((TARGET, target), (SOURCE, source)):
        player.learn(sound, on=True)
        player.play(audio)
        player.learn(sound, on=False)
        player.play(rest)
        restart(player)
    return player


@pytest.mark.parametrize("name", NAMES)
def test_what_was_learned_live_sounds_as_the_same_style_offline(name: str) -> None:
    subject = loud(name)
    source, target = sounds(subject)
    player = learned_live(subject, source, target)
    style = Style(player.found(SOURCE), player.found(TARGET))
    silence = torch.nn.functional.pad(source, (0, beyond(subject)))
    same(player.play_out(source), subject.model.reconstruct(silence, style=style)[..., : source.shape[-1]])


@pytest.mark.parametrize("name", NAMES)
def test_a_source_that_is_learned_live_gives_the_sound_the_targets_statistics(name: str) -> None:
    """Offline learns place after place, live all at once: not the same, but far nearer the target than it was."""
    subject = loud(name)
    source, target = sounds(subject)
    player = learned_live(subject, source, target)
    live = Style(player.found(SOURCE), player.found(TARGET))
    wanted = subject.model.learn_style(source, target).target
    before = distance(subject, source, None, wanted)
    after = distance(subject, source, live, wanted)
    assert after < 0.25 * before


def distance(subject: Loud, source: torch.Tensor, style: Style | None, wanted: tuple[Statistics, ...]) -> float:
    """How far the statistics behind the places are from those wanted, as a share of their size."""
    with torch.inference_mode(), instance_norm.styled(subject.model, style):
        found = behind(subject, source)
    apart = sum((one.mean - other.mean).square().sum() + (one.std - other.std).square().sum()
                for one, other in zip(found, wanted, strict=True))  # fmt: skip
    size = sum(other.mean.square().sum() + other.std.square().sum() for other in wanted)
    return float((apart / size).sqrt())


def behind(subject: Loud, audio: torch.Tensor) -> tuple[Statistics, ...]:
    return instance_norm.measure(subject.model, lambda: subject.model.reconstruct(audio))
