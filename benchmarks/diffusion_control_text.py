"""What diffusion_control measures of words: can one hear which label a sound was asked for by its prompt?

The judges never saw the generator: on the embeddings of each, Fisher's linear discriminant learns the labels of real
training sounds alone (tritone.judge.retrieval), and then says which label a generated sound has. Seeds run on through
all labels, and tempos are drawn whatever the label; each way of telling has the same.

A codec that takes the fine structure away misleads judges of real sound, whoever made the latents. So of models of
latents there is a second jury, which learned real training sounds that had gone through the codec.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusion_control_sounds import Player
from diffusion_steps_sounds import Embeddings, Judges, Piece
from table import Row
from torch import Tensor

from tritone.data.store import Item
from tritone.judge.retrieval import Classifier, Retrieval, fit_classifier, retrieval
from tritone.play.contact_sheet import contact_sheet, picture_of

Verdicts = dict[str, Retrieval]
"""By judge."""


@dataclass(frozen=True)
class Jury:
    """Judges that say which label a sound has, after real training sounds, of a codec's rendering if there is one."""

    codec: Player | None
    classifiers: Mapping[str, Classifier]
    held_out: Embeddings
    """What they hear of held-out sounds, of the same rendering."""
    labels: tuple[str, ...]
    """Of these sounds."""

    def verdicts(self, heard: Embeddings, wanted: Sequence[str]) -> Verdicts:
        """How each hears sounds that were made for `wanted`."""
        return {judge: retrieval(one, heard[judge], wanted) for judge, one in self.classifiers.items()}


@dataclass(frozen=True)
class Telling:
    """A way to tell a model which label is wanted."""

    name: str
    player: Player
    controls: Mapping[str, Mapping[str, Any]]
    """What the model is told, by label."""
    barred: bool = True
    """Whether the label must be heard."""


def jury_of(judges: Judges, known: Sequence[Piece], held_out: Sequence[Piece], codec: Player | None = None) -> Jury:
    """Judges that have learned the labels of training sounds."""
    print(f"learning labels{' behind the codec' if codec else ''}", file=sys.stderr, flush=True)
    heard, fresh = (
        judges.embed([through_codec(codec, piece.audio) if codec else piece.audio for piece in side])
        for side in (known, held_out)
    )
    names = [piece.item.label for piece in known]
    classifiers = {judge: fit_classifier(rows, names) for judge, rows in heard.items()}
    return Jury(codec, classifiers, fresh, tuple(piece.item.label for piece in held_out))


def tellings(players: Sequence[Player], labels: Sequence[str], guidance: float) -> Iterator[Telling]:
    """By words and by label, each to the first model that knows such, with guidance and without; and not at all."""
    worded = next((one for one in players if one.model.config.text), None)
    named = next((one for one in players if set(labels) <= set(one.model.config.labels)), None)
    for by, speaker in (("prompt", worded), ("label", named)):
        for scale in dict.fromkeys((guidance, 1.0)):
            if speaker is not None:
                said = {each: speaker.prompts[each] if by == "prompt" else each for each in labels}
                controls = {each: {by: text, "guidance": scale} for each, text in said.items()}
                yield Telling(f"{by}, guidance {scale:g}", speaker, controls)
    teller = worded or named
    if teller is not None:
        yield Telling("nothing told", teller, {label: {"guidance": 1.0} for label in labels}, barred=False)


@torch.no_grad()
def made(telling: Telling, items: Sequence[Item], count: int, seconds: float) -> tuple[list[Tensor], list[str]]:
    """`count` sounds for each label, and what each was made for. Tempos are drawn from `items` whatever the label."""
    model, sounds, wanted = telling.player.model, [], []
    drawn = np.random.default_rng(0).integers(len(items), size=count * len(telling.controls))
    for label, said in telling.controls.items():
        print(f"{telling.name}: {label}", file=sys.stderr, flush=True)
        for _ in range(count):
            bpm = items[drawn[len(sounds)]].bpm if model.config.by_tempo else None
            controls = {**telling.player.sampling, **said, **({"bpm": bpm} if bpm else {})}
            sounds.append(model.generate(1, seconds, [len(sounds)], **controls)[0])
            wanted.append(label)
    return sounds, wanted


def text_rows(
    judges: Judges,
    known: Sequence[Piece],
    held_out: Sequence[Piece],
    ways: Sequence[Telling],
    items: Sequence[Item],
    count: int,
    picture: Path | None,
) -> list[Row]:
    """All rows; the first sound of each label, as the first way tells it, into `picture`."""
    codecs = {way.player.codec: way.player for way in ways if way.player.codec}
    jury, *others = [jury_of(judges, known, held_out, codec) for codec in (None, *codecs.values())]
    real, rows = jury.verdicts(jury.held_out, jury.labels), []
    for place, way in enumerate(ways):
        sounds, wanted = made(way, items, count, held_out[0].audio.shape[-1] / judges.rate)
        heard = judges.embed(sounds)
        rows += verdict_rows(way.name, jury.verdicts(heard, wanted), real, barred=way.barred)
        rows += rank_rows(way.name, jury.verdicts(heard, wanted), real)
        for other in others:
            if other.codec and other.codec.codec == way.player.codec:
                behind = other.verdicts(other.held_out, other.labels)
                name = f"{way.name}, judges behind the codec"
                rows += verdict_rows(name, other.verdicts(heard, wanted), behind, barred=way.barred)
        if picture and not place:
            _write_picture(picture, way, sounds[::count], judges.rate)
    for other in others:
        through = jury.verdicts(other.held_out, other.labels)
        rows += verdict_rows("held-out sound through the codec", through, real, barred=False)
    return rows


@torch.no_grad()
def through_codec(one: Player, audio: Tensor) -> Tensor:
    """Sound `(channels, time)` that went into latents and back."""
    domain = one.model.domain
    return domain.leave(domain.enter(one.model.fitting(audio[None])), audio.shape[-1])[0]


def verdict_rows(name: str, found: Verdicts, real: Verdicts, *, barred: bool) -> list[Row]:
    """Share of sounds whose label each judge names, beside that of held-out real sound."""
    rows = []
    for judge, one in found.items():
        peer, low = real[judge], one.accuracy_interval[0]
        spread = f"{_interval(one.accuracy_interval)} | {_interval(peer.accuracy_interval)} of {peer.count}"
        bar, holds = (f"interval above {one.chance:.3g}, chance", low > one.chance) if barred else (None, None)
        what = f"{name}: right label by {judge}"
        rows.append(Row(what, one.accuracy, peer.accuracy, None, "share", one.count, spread, bar, holds))
    return rows


def rank_rows(name: str, found: Verdicts, real: Verdicts) -> list[Row]:
    """Mean reciprocal rank of the label by each judge, beside that of held-out real sound."""
    rows = []
    for judge, one in found.items():
        peer, unit = real[judge], f"mean; chance {one.chance_rank:.3g}"
        spread = f"{_interval(one.reciprocal_interval)} | {_interval(peer.reciprocal_interval)}"
        what = f"{name}: reciprocal rank of the label by {judge}"
        rows.append(Row(what, one.reciprocal_rank, peer.reciprocal_rank, None, unit, one.count, spread))
    return rows


def _interval(ends: tuple[float, float]) -> str:
    return f"95 % {ends[0]:.3g} to {ends[1]:.3g}"


def _write_picture(path: Path, way: Telling, sounds: Sequence[Tensor], rate: int) -> None:
    titles = [str(said.get("prompt", label)) for label, said in way.controls.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    contact_sheet(path, [picture_of(title, one, rate, beats=1) for title, one in zip(titles, sounds, strict=True)], 4)


if __name__ == "__main__":
    sys.exit("diffusion_control_text.py is a part of the benchmarks; run diffusion_control.py.")
