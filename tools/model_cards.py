"""The card of a model that ships: what it heard, how it was made, what was measured, what it does badly."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import yaml
from model_recipes import MACHINE, Recipe

from tritone.config import RunConfig
from tritone.shipped import PREFIX

CARD = """---
{head}---
# {name}

{about}

## Data and licence
{story}
{credit}The weights are under {licence}.

## Training
```
tritone {command} --steps {steps}
```
{steps:,} steps, {hours:.1f} hours on {machine}. `make models` makes it again (docs/models.md).

## What ships
The moving average of the weights alone, {form}, {megabytes:.1f} MB{needs}. {count} sounds of 2 s played from this \
file and from the float32 weights of the run: signal-to-noise ratio {middle:.0f} dB in the middle, \
{least:.0f} dB at worst.

## Figures
{figures}

## What it does badly
From its data and training, not from listening to it:
{weak}
"""
FORMS = {
    "half": "float16",
    "eight": "matrices in eight bits with a float16 scale for every 64 numbers, all else float16",
}


def card(
    name: str, recipe: Recipe, config: RunConfig, size: int, snr: Sequence[float], judged: Mapping[str, Any] | None
) -> str:
    """The text of card.md. `snr` in dB, by sound; `judged` is what `tritone evaluate --json` wrote."""
    needs = [source for source in recipe.parts.values() if source.startswith(PREFIX)]
    head = {
        "library_name": "tritone", "tags": ["audio", recipe.family], "license": recipe.licence, "family": recipe.family,
        "makes": recipe.makes, "data": recipe.data_words, "sample_rate": config.model.sample_rate,
        "channels": config.model.channels, "needs": needs,
    }  # fmt: skip
    words = " ".join(word.strip("{}").upper() if word.startswith("{") else word for word in recipe.words)
    return CARD.format(
        head=yaml.safe_dump(head, sort_keys=False, width=200), name=name, about=recipe.about, story=recipe.data_story,
        credit=f"{recipe.credit}\n" if recipe.credit else "", licence=recipe.licence, command=words,
        steps=recipe.steps, hours=recipe.hours, machine=MACHINE, form=FORMS[recipe.form], megabytes=size / 1e6,
        needs="".join(f", with the weights of {source} beside it" for source in recipe.parts.values()),
        count=len(snr), middle=median(snr), least=min(snr), figures=_figures(judged),
        weak="\n".join(f"- {sentence}" for sentence in recipe.weak),
    )  # fmt: skip


def _figures(judged: Mapping[str, Any] | None) -> str:
    """A table of all figures that have an interval or a value of real sound beside them."""
    if judged is None:
        return "Not measured yet: `python tools/make_models.py` writes them here."
    rows = ["| | value | 95 % interval | real held-out sound | n |", "|---|---|---|---|---|"]
    for figure in judged["figures"]:
        if figure["group"] == "speed" or figure["value"] is None:
            continue
        low, high, real = figure["low"], figure["high"], figure["real"]
        between = "" if low is None else f"{low:.3g} to {high:.3g}"
        rows.append(
            f"| {figure['name']} (`{figure['key']}`) | {figure['value']:.3g} | {between} | "
            f"{'' if real is None else f'{real:.3g}'} | {figure['n']} |"
        )
    warned = sorted({sentence for figure in judged["figures"] for sentence in figure["warnings"]})
    told = [f"- {sentence}" for sentence in (*judged["warnings"], *warned)]
    return "\n".join([*rows, "", *told])
