"""What is asked of a model that makes sound, as keywords that it has."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.play.loop_model import Show


def asked(
    model: Synthesizer, run: Path | str, controls: Mapping[str, Any], show: Show, done: int = 0, total: int = 1
) -> dict[str, Any]:
    """Keywords for `model.generate` and its like: `controls`, and progress within sound number `done` of `total`.

    A model that shows no steps of its own is shown sound by sound (`finish` when all are done). UserError for a control
    that the model does not have, and for words that say nothing.
    """
    for name, value in controls.items():
        if name not in model.controls:
            known = ", ".join(each for each in model.controls if each != "show") or "none"
            raise UserError(f"The model in {run} has no control {name}; its controls are {known}.")
        if isinstance(value, str) and name in ("prompt", "negative") and not value.strip():
            raise UserError(f"{name} says nothing; give words, or leave it out.")
    if "show" not in model.controls:
        show(done, total)
        return dict(controls)
    return {**controls, "show": lambda step, steps: show(done * steps + step, total * steps)}


def finish(model: Synthesizer, show: Show, total: int) -> None:
    """Show that all is done, where the model's own steps have not shown it."""
    if "show" not in model.controls:
        show(total, total)
