"""What the demo's page says in sentences."""

from dataclasses import replace

from tritone.judge.compare.comparison import Comparison
from tritone.judge.compare.words import duration, value_words
from tritone.play.demo.material import Source
from tritone.play.demo.own_sound import OwnSound
from tritone.play.demo.place import FRESH, FRESH_GAN
from tritone.report.page import Section

ELSEWHERE = " was trained on "
"""In what the judge says of a model that has learned from other sound than the reference."""
KEYS = (
    "The sounds of a row run in step: switch between them, by the keys 1 to 9 too, without losing the place. All are "
    "played at one loudness."
)


def title(source: Source) -> str:
    """The heading of the page."""
    if isinstance(source, OwnSound):
        return f"{source.sound.resolve().name or source.sound}: a model of your own sound, beside those that ship"
    return "Three families of neural audio, side by side"


def lead(source: Source, comparison: Comparison) -> str:
    """What was done."""
    cost = comparison.system(FRESH).cost
    spent = "a moment" if cost is None or cost.seconds is None else duration(round(cost.seconds))
    if isinstance(source, OwnSound):
        used = len(source.taken)
        some = "" if used == source.found else f" of {source.found:,}"
        gan = f" {FRESH_GAN}, a GAN of loops, was trained after it." if _trained(comparison, FRESH_GAN) else ""
        return (
            f"{FRESH} was noise; it then learned from {used:,}{some} files of your folder "
            f"({duration(round(source.seconds))}) in {spent} on this computer.{gan} Below it stands beside models that "
            "ship with Tritone, which know drums and a guitar but not your sound. All are judged by sounds of your "
            "folder that none of them has heard."
        )
    return (
        f"A VAE, a GAN and diffusion that ship with Tritone, and {FRESH}, a small VAE that was noise a few minutes "
        f"ago and then learned from rendered drum loops for {spent} on this computer. All are judged by recorded "
        "loops, and by rendered ones with other drums, that none of them has heard."
    )


def first(system: str) -> str:
    """Above the best new sounds."""
    return (
        f"Drum loops that nobody has played. These are chosen: of {system}, whose new loops the judge found nearest to "
        "real ones, those with the best scores. Unchosen ones follow below. They go round without a gap."
    )


def own_first() -> str:
    """Above the best of the user's sounds that went through the new model."""
    return (
        "Sounds of your folder that were kept out of training, and what the new model makes of them from its few "
        f"numbers a second. These are chosen: those that it does best. Unchosen ones follow below. {KEYS}"
    )


def own_new(system: str) -> str:
    """Above the new sounds nearest to the user's."""
    what = "learned from your folder" if system in (FRESH, FRESH_GAN) else "knows drums only, and has never heard yours"
    noise = (
        " A VAE by itself makes new sound out of random latents, without order in time; tritone train prior gives it "
        "one."
        if system == FRESH
        else ""
    )
    return (
        f"Of the models that make sound out of nothing, {system} came nearest to your sound; it {what}.{noise} These "
        "are chosen: its best by the judge's score."
    )


def recorded() -> str:
    """Above the rows of recorded loops."""
    return (
        "Recordings by people, of another kind than the rendered loops of the training: the harder test. The VAEs take "
        "the loop apart and put it together again. The GAN and diffusion do not hear it: they make new ones of its "
        f"length, in the row below, and are told its tempo. {KEYS}"
    )


def rendered(own: bool) -> str:
    """Above the rows of other held-out sounds."""
    if own:
        return (
            "Not chosen by anybody. What takes sound apart was given yours; what makes new sound was asked for one as "
            f"long, and at its tempo where your file names one. The models that ship know drums and a guitar. {KEYS}"
        )
    return "Rendered like the training loops, but from hits that no model here has heard; the genre was asked for too."


def guitar() -> str:
    """Above the timbre transfer."""
    return (
        "demo:vae-guitar knows one thing, a steel-string guitar that is strummed. A drum loop that goes through it "
        "keeps its rhythm and takes on that timbre."
    )


def morph(start: str, end: str) -> str:
    """Above the way from one sound to another."""
    return (
        f"The straight way through the latent of {FRESH}, from {start} to {end}. Everything between the two ends is "
        "sound that no one has played."
    )


def models(own: bool) -> str:
    """Above the table of models."""
    heard = (
        "None of the models that ship has heard your folder."
        if own
        else "The drum models that ship learned from rendered loops of the kits of shelves a, b and c, as the new one "
        "did. The loops that they are judged by are of shelf d, or recorded: no model here has heard these."
    )
    return (
        f"{heard} tritone models NAME prints the card of one: data, licence, command, what it does badly.\n\n"
        "Speed is how many seconds of sound a second of work gave, one sound at a time, while this page was made; "
        "other programs on the computer make it less."
    )


def glance(section: Section, comparison: Comparison, own: bool) -> Section:
    """The judge's first section, with what is known of the models that ship in place of what it cannot know."""
    warnings = [one for one in section.warnings if ELSEWHERE not in one]
    copies = (
        "Copies are looked for in your folder only, not among what the models that ship have learned from."
        if own
        else "Copies are looked for among the training loops of this demo, not among all that the models that ship "
        "have heard."
    )
    vaes = (
        "A VAE by itself has no order in time, so that its new sound is made of random latents: "
        "judge it by its reconstructions. tritone train prior teaches it an order."
    )
    return replace(section, warnings=[*warnings, copies, vaes])


def rounded(value: float) -> str:
    """Three digits."""
    return value_words(value)


def _trained(comparison: Comparison, name: str) -> bool:
    return any(system.name == name for system in comparison.systems)
