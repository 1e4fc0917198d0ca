"""How long the windows are that sound is played through a model in, and how much context each needs."""

from tritone.families.base import Synthesizer

WINDOW_SECONDS = 120
"""Sound up to this long is processed whole."""


def extent(model: Synthesizer) -> tuple[int, int]:
    """Size of a window and of its context for this model in samples, both whole latent frames."""
    facts = model.facts()
    ratio = int(facts["ratio"])
    reach = max(int(facts["receptive_field_back"]), int(facts["receptive_field_ahead"])) + int(facts["delay_samples"])
    size = WINDOW_SECONDS * model.sample_rate
    return -(-size // ratio) * ratio, -(-reach // ratio) * ratio
