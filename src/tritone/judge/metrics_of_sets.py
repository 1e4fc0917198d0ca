"""Every metric of a set of sounds beside another, in words for somebody who has never heard of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from tritone.judge.figure import Better, Metric

HEARS: Mapping[str, str] = {
    "logmel": "a plain measurement of how loud each of 40 bands is, how much it varies and how fast",
    "aisfx": "a network that has learned to tell all kinds of sound effects apart",
    "musicnn-mtt": "a network that has learned to tag music (MagnaTagATune)",
    "musicnn-msd": "a network that has learned to tag music (Million Song Dataset)",
    "vggish": "VGGish, a network that has learned to tell the sounds of videos apart",
    "yamnet": "YAMNet, a network that has learned to tell the sounds of videos apart",
    "panns": "PANNs, a network that has learned to tell the sounds of videos apart",
    "clap": "CLAP, a network that has learned which words fit a sound",
    "encodec": "EnCodec, a network that has learned to pack sound into few bits",
    "scnn": "a network that has learned to tell the labels of such data apart",
}
"""What each embedding listens with."""


@dataclass(frozen=True)
class _Kind:
    """A measure on any embedding; `{by}` stands for its name in the name, `{hears}` for what it listens with."""

    name: str
    about: str
    unit: str
    better: Better
    group: str = "likeness"


KINDS: Mapping[str, _Kind] = {
    "kd": _Kind(
        "Kernel distance ({by})",
        "How far these sounds, all together, lie from real ones, heard by {hears}: 0 is no difference (chance may take "
        "it a little below), lower is better, and few sounds are enough for it.",
        "100 MMD²",
        "lower",
    ),
    "fd": _Kind(
        "Fréchet distance ({by})",
        "How far centre and spread of these sounds lie from those of real ones, heard by {hears}: lower is better, but "
        "few sounds alone make it large, so compare it only between sets of equal size.",
        "squared distance",
        "lower",
    ),
    "fd-inf": _Kind(
        "Fréchet distance of endlessly many sounds ({by})",
        "What the Fréchet distance would come to with endlessly many sounds, heard by {hears}: it is worked out from "
        "ever larger parts of the set, so that the size of the set does not count; about 0 is no difference.",
        "squared distance",
        "lower",
    ),
    "precision": _Kind(
        "Precision ({by})",
        "Share of these sounds that could pass for real because real ones lie around them, heard by {hears}: higher is "
        "better.",
        "share",
        "higher",
    ),
    "recall": _Kind(
        "Recall ({by})",
        "Share of the real sounds that lie within what the model makes, heard by {hears}: higher is better; low means "
        "that kinds of sound are missing.",
        "share",
        "higher",
        "variety",
    ),
    "density": _Kind(
        "Density ({by})",
        "How thickly real sounds lie around each of these, heard by {hears}: 1 is as among real sounds, less means "
        "that some are unlike any, more that they keep to the most common kinds.",
        "ratio",
        "nearer",
    ),
    "coverage": _Kind(
        "Coverage ({by})",
        "Share of the real sounds that have one of these close by, heard by {hears}: higher is better; low means that "
        "kinds of sound are missing.",
        "share",
        "higher",
        "variety",
    ),
}
"""Measures on an embedding, by the first part of their key."""


def metric_on(kind: str, embedding: str) -> Metric:
    """The metric of a kind of `KINDS` on an embedding of this name, such as kd-aisfx.

    Only on VGGish is the Fréchet distance called FAD, as in the paper that named it (Kilgour et al., arXiv 1812.08466).
    """
    found = KINDS[kind]
    name = found.name.format(by=embedding)
    if kind.startswith("fd") and embedding == "vggish":
        name = name.replace("Fréchet distance", "Fréchet audio distance, FAD")
    hears = HEARS.get(embedding, f"the network {embedding}")
    return Metric(f"{kind}-{embedding}", name, found.about.format(hears=hears), found.unit, found.better, found.group)


DIVERSITY = Metric(
    "diversity",
    "Diversity",
    "How much two of these sounds differ on average, as the difference of their spectrograms in decibels: it should be "
    "as much as between real sounds; much less means that all sound the same, much more that some are out of place.",
    "dB",
    "nearer",
    "variety",
)
NDB = Metric(
    "ndb",
    "Different kinds (NDB)",
    "Real sounds are sorted into kinds by what sounds when; this is the share of kinds that the model makes clearly "
    "too often or too seldom: lower is better, and real held-out sound shows how much is chance.",
    "share",
    "lower",
    "variety",
)
JS = Metric(
    "js",
    "Divergence of kinds (JS)",
    "Real sounds are sorted into kinds by what sounds when; this says how unlike the mixture of kinds is: 0 is the "
    "same mixture, 1 has no kind in common, and real held-out sound shows how much is chance.",
    "bits",
    "lower",
    "variety",
)
INCEPTION = Metric(
    "inception",
    "Inception score",
    "A network that knows the labels of the data says what it hears: the score is high where each sound clearly "
    "belongs to one label and all labels occur; from 1 up to the number of labels, and good is as high as for real "
    "sound.",
    "labels",
    "nearer",
    "variety",
)
JS_LABELS = Metric(
    "js-labels",
    "Divergence of labels (JS)",
    "A network that knows the labels of the data says what it hears: 0 where every label occurs as often as in real "
    "sound, 1 where none of them is the same.",
    "bits",
    "lower",
    "variety",
)
