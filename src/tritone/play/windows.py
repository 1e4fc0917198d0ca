"""How long the windows are that sound is played through a model in, and how much context each needs."""

import sys

from tritone.families.base import Synthesizer

WINDOW_SECONDS = 120
"""Sound up to this long is processed whole."""


def extent(model: Synthesizer) -> tuple[int, int]:
    """Size of a window and of its context for this model in samples, both whole latent frames.

    A model with windows of its own, as its facts say (`own_windows`), is given all of a sound, however long.
    """
    facts = model.facts()
    ratio = int(facts["ratio"])
    if facts.get("own_windows"):
        return sys.maxsize // ratio * ratio, 0
    reach = max(int(facts["receptive_field_back"]), int(facts["receptive_field_ahead"])) + int(facts["delay_samples"])
    size = WINDOW_SECONDS * model.sample_rate
    return -(-size // ratio) * ratio, -(-reach // ratio) * ratio
