"""What each model of the demo is: what it heard, under which licence, how large and how fast."""

from tritone.judge.compare.comparison import Compared, Comparison
from tritone.judge.compare.manifest import Kind
from tritone.judge.compare.words import KINDS, bytes_words, duration
from tritone.report.axes import number
from tritone.report.table import Cell, Row, Table
from tritone.shipped import shipped_models

HEAD = ("", "learned from", "licence", "weights", "parameters", "speed on this computer")
JUST_NOW = "just now"
KINDS_OF_WORK: tuple[Kind, ...] = ("reconstructed", "generated")
"""The first that a model can do is what it is timed by."""


def models_table(comparison: Comparison, own: bool) -> Table:
    """A line a model; those that ship after their cards, with all that they need to play."""
    return Table("What each model is", HEAD, [_row(system, comparison, own) for system in comparison.systems])


def _row(system: Compared, comparison: Comparison, own: bool) -> Row:
    cards = {card.name: card for card in shipped_models()}
    card, cost = cards.get(f"demo:{system.name}"), system.cost
    parameters = Cell("–" if cost is None else number(cost.parameters))
    speed = _speed(system, comparison)
    if card is None:
        data = "your folder" if own else f"{comparison.real.training} rendered drum loops"
        spent = "" if cost is None or cost.seconds is None else f", {duration(round(cost.seconds))}"
        size = "–" if cost is None else bytes_words(cost.file_bytes)
        cells = [Cell(data, JUST_NOW + spent), Cell("as your sound" if own else "CC0"), Cell(size), parameters, speed]
        return Row(system.name, cells, "" if cost is None else cost.family)
    need = sum(cards[name].weights_bytes for name in card.needs)
    weights = Cell(bytes_words(card.weights_bytes + need), f"with {', '.join(card.needs)}" if need else "")
    cells = [Cell(card.data), Cell(card.licence), weights, parameters, speed]
    return Row(system.name, cells, card.family, card.makes)


def _speed(system: Compared, comparison: Comparison) -> Cell:
    """How much faster than it plays sound was made while the comparison ran."""
    for kind in KINDS_OF_WORK:
        work = system.compute.get(kind)
        if work:
            made = len(comparison.manifest.of(system.name, kind))
            return Cell(f"{number(1 / work)} × real time", f"{KINDS[kind]}, n {made}")
    return Cell("–")
