"""What the models that ship are made of: data, command, and what their cards say. `tools/make_models.py` follows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

CC0 = "cc0-1.0"
HITS = "CC0 1.0: the drum hits that ship with Tritone (assets/LICENSES.md), played by `tritone.data.render`"
MACHINE = "1 thread of an Intel Xeon with AMX (2 cores) that other programs shared, bf16"
GUITAR_CHORDS = ("Amajor", "Bminor7b5", "Csharp minor", "Dminor", "Fmajor", "Gmajor")
"""Chords of the guitar that are held out."""


@dataclass(frozen=True)
class Loops:
    """A set of rendered drum loops of one bar at 120 BPM, 44.1 kHz."""

    count: int
    channels: int
    seed: int
    shelves: str
    bars: float | None
    """As `tritone prepare --bars` takes it; None leaves it out."""
    validation: float


SETS = {
    "loops-700": Loops(700, 1, 1, "abc", None, 0.1),
    "loops-1600": Loops(1600, 2, 0, "abc", 1, 0.06),
    "unseen": Loops(256, 2, 1, "d", 1, 0.5),
}
"""Loops by the name of their folder. Kits of shelf d share no hit with those of a, b and c."""


@dataclass(frozen=True)
class Recipe:
    """One model."""

    family: str
    data: str
    """A name in SETS, or "guitar"."""
    words: tuple[str, ...]
    """The command, from `train` or `distil` on; {data}, {out} and {NAME} of another recipe are put in."""
    steps: int
    hours: float
    """As the one that ships took."""
    form: Literal["half", "eight"]
    makes: str
    about: str
    data_words: str
    """What it heard, for the list of models."""
    data_story: str
    licence: str
    weak: tuple[str, ...]
    parts: Mapping[str, str] = field(default_factory=dict)
    """See `tritone.training.slim`."""
    reference: str = "unseen"
    """What it is judged against: a name in SETS, or "guitar-held-out", a folder."""
    credit: str = ""
    ships: bool = True
    """Or is only built on by others."""


_LOOPS_STORY = (
    "1,600 drum loops of one bar at 120 BPM (53 minutes; 16 genres; seed 0; kits of shelves a, b and c), of which 96 "
    "were held out for choosing. Made with this package from CC0 hits and nothing else."
)

RECIPES = {
    "vae-drums-stage1": Recipe(
        family="vae",
        data="loops-700",
        words=("train", "vae", "{data}", "--out", "{out}", "--preset", "vae-nano"),
        steps=5_925,
        hours=0.25,
        form="eight",
        makes="",
        about="",
        data_words="",
        data_story="",
        licence=CC0,
        weak=(),
        ships=False,
    ),
    "vae-drums": Recipe(
        family="vae",
        data="loops-700",
        words=(
            "train", "vae", "{data}", "--out", "{out}", "--from", "{vae-drums-stage1}", "--model.stage1_steps", "0",
        ),
        steps=30_000,
        hours=1.0,
        form="eight",
        makes="drum loops through a latent and back, morphs, new sound by moving the latent",
        about="A variational autoencoder of drum loops: 43 latent frames a second, 128 numbers each. What the "
        "diffusion models here learn is its latents.",
        data_words="rendered drum loops, 23 min",
        data_story="700 drum loops of one bar at 120 BPM (23 minutes; mono; seed 1; kits of shelves a, b and c), of "
        "which 70 were held out for choosing. Made with this package from CC0 hits and nothing else. VAE-DRUMS-STAGE1 "
        "is 5,925 steps of `tritone train vae DATA --preset vae-nano` (a quarter of an hour), spectral distance alone; "
        "its encoder stays, and so do mean and directions of its latents (of the one that ships).",
        licence=CC0,
        weak=(
            "Hi-hats and cymbals come out as other noise of the same colour; attacks are a little soft.",
            "Its second, adversarial stage gives noise its grain; tails of toms and cymbals are still too plain.",
            "Anything but drums comes out as drums: pitched sound loses its pitch.",
            "It is not causal, so that live it lags as `tritone inspect demo:vae-drums` says.",
        ),
    ),
    "vae-guitar": Recipe(
        family="vae",
        data="guitar",
        words=(
            "train", "vae", "{data}", "--out", "{out}", "--preset", "vae-nano", "--model.capacity", "96",
            "--model.latent", "64",
        ),
        steps=20_850,
        hours=0.55,
        form="eight",
        makes="a steel-string guitar: other sound through its timbre",
        about="A variational autoencoder of one instrument: strummed chords of an acoustic guitar. Other sound that "
        "goes through it comes out in the guitar's timbre.",
        data_words="recorded guitar, 8 min",
        data_story="224 recordings of single strums (19 chords, up, down and straight, four strengths), mixed to mono "
        "at 44.1 kHz, from the drum kit belofilms_GuitarStrums of Hydrogen (Debian package hydrogen-drumkits-effects "
        "2017.09.19~dfsg-1). Six further chords (71 recordings) were never heard; the figures below are of them.",
        licence="cc-by-3.0",
        weak=(
            "It knows one guitar, struck one way: chords that ring, no single notes, no runs.",
            "Other sound is turned into the nearest strum; melodies keep their rhythm better than their pitch.",
            "Long tones waver, as the decoder has no memory beyond its field of view.",
        ),
        reference="guitar-held-out",
        credit="Recordings: Gabriel Verdugo Soto (www.belofilms.com), "
        "[CC BY 3.0](https://creativecommons.org/licenses/by/3.0/). Changed here: mixed to mono, resampled, learned by "
        "a network. Whoever passes the model on names him.",
    ),
    "gan-drums": Recipe(
        family="gan",
        data="loops-1600",
        words=("train", "gan", "{data}", "--out", "{out}", "--preset", "gan-nano"),
        steps=4_968,
        hours=1.23,
        form="half",
        makes="new drum loops of 1 to 8 bars at any tempo near 120 BPM, in 16 genres",
        about="A projected GAN of log-mel spectrograms on the grid of a bar, played by the vocoder loops-44k that "
        "ships. A style decides the loop; styles can be mixed, walked between and searched for.",
        data_words="rendered drum loops, 53 min",
        data_story=_LOOPS_STORY,
        licence=CC0,
        weak=(
            "It has heard 120 BPM alone: far from it, hits are stretched.",
            "Genres differ less than those of the training loops, and rare hits (tabla, cymbals) come seldom.",
            "Its discriminator sees through the network aisfx, so that figures by aisfx flatter it; trust the others.",
            "Noise has the grain of its vocoder (see vocoders/loops-44k).",
        ),
        parts={"vocoder.": "loops-44k"},
    ),
    "diffusion-drums": Recipe(
        family="diffusion",
        data="loops-1600",
        words=(
            "train", "diffusion", "{data}", "--out", "{out}", "--preset", "diffusion-latent-nano",
            "--model.codec_from", "{vae-drums}",
        ),
        steps=4_496,
        hours=0.43,
        form="eight",
        makes="new drum sound of any length and loops by genre and tempo; variations, inpainting, continuation",
        about="Latent diffusion over the latents of demo:vae-drums, told the genre, the tempo and the length.",
        data_words="rendered drum loops, 53 min",
        data_story=_LOOPS_STORY,
        licence=CC0,
        weak=(
            "Nothing it makes is crisper than what demo:vae-drums decodes.",
            "It has heard 120 BPM alone, and trained for less than half an hour: rhythm is looser than that of the "
            "loops.",
            "Long sound drifts between patterns.",
        ),
        parts={"domain.codec.": "demo:vae-drums"},
    ),
    "diffusion-drums-fast": Recipe(
        family="diffusion",
        data="loops-1600",
        words=(
            "distil",
            "{diffusion-drums}",
            "--out",
            "{out}",
            "--data",
            "{data}",
            "--preset",
            "diffusion-distil-nano",
        ),
        steps=2_770,
        hours=1.29,
        form="eight",
        makes="what diffusion-drums makes, in 4 steps",
        about="demo:diffusion-drums distilled to few steps: consistency first, then an adversarial stage.",
        data_words="rendered drum loops, 53 min",
        data_story=_LOOPS_STORY,
        licence=CC0,
        weak=(
            "Less varied than its teacher: it leaves out what is rare.",
            "Guidance and the samplers of the teacher have no place in it; more than about 8 steps do not help.",
            "All that its teacher does badly.",
        ),
        parts={"domain.codec.": "demo:vae-drums"},
    ),
}  # fmt: skip
