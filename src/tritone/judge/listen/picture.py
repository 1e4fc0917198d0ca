"""The scores as a picture: what was answered, and the mean with its interval."""

from pathlib import Path
from typing import TYPE_CHECKING

from tritone.judge.listen.analysis import Analysis, Result
from tritone.judge.listen.test import ANCHOR, MID_ANCHOR, REAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABELS = {REAL: "real sound", ANCHOR: "anchor 3.5 kHz", MID_ANCHOR: "anchor 7 kHz"}
_SYSTEM, _HIDDEN, _PALE = "#2a6f97", "#7a7a7a", "#d9d9d9"


def write_picture(out: Path, analysis: Analysis) -> list[Path]:
    """Draw all questions into `scores.png` and `scores.svg` in `out`; gives their paths."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    results = [result for result in analysis.results if result.scores] or list(analysis.everyone)
    rows = len(results[0].scores)
    with rc_context({"svg.hashsalt": analysis.test.id, "font.size": 10}):
        figure = Figure(figsize=(8, len(results) * (0.45 * rows + 1.2)), layout="constrained")
        FigureCanvasAgg(figure)
        for place, result in enumerate(results, 1):
            _draw(figure.add_subplot(len(results), 1, place), analysis, result)
        paths = [out / "scores.png", out / "scores.svg"]
        figure.savefig(paths[0], dpi=150, metadata={"Software": None})
        figure.savefig(paths[1], metadata={"Date": None})
    return paths


def _draw(axes: "Axes", analysis: Analysis, result: Result) -> None:
    for place, score in enumerate(result.scores):
        colour = _HIDDEN if score.system in LABELS else _SYSTEM
        axes.barh(place, score.quartiles[1] - score.quartiles[0], 0.5, score.quartiles[0], color=_PALE)
        axes.plot([score.median] * 2, [place - 0.25, place + 0.25], color="white", linewidth=2)
        axes.plot([score.low, score.high], [place, place], color=colour, linewidth=2)
        axes.plot(score.mean, place, "o", color=colour)
        axes.annotate(
            f"{score.mean:.2f}", (score.mean, place), (0, 7), textcoords="offset points", ha="center", fontsize=8
        )
    axes.set_yticks(range(len(result.scores)), [LABELS.get(score.system, score.system) for score in result.scores])
    axes.invert_yaxis()
    axes.set_title(next(asked.text for asked in analysis.test.questions if asked.id == result.question), fontsize=10)
    axes.grid(axis="x", alpha=0.3)
    words = next(asked.words for asked in analysis.test.questions if asked.id == result.question)
    if analysis.test.kind == "rating":
        axes.set_xlim(0.8, 5.2)
        axes.set_xticks(range(1, 6), [f"{grade} {word}" for grade, word in enumerate(words, 1)])
    elif analysis.test.kind == "mushra":
        axes.set_xlim(-2, 102)
    else:
        axes.set_xlim(-0.03, 1.03)
        axes.axvline(0.5, color="black", linewidth=0.7)
        axes.set_xlabel("share of pairs in which it was preferred")
