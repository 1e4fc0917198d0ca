"""What listeners said, in words and tables, with what a mean opinion score must be accompanied by (ITU-T P.800.2)."""

from collections.abc import Mapping, Sequence
from math import isnan

from tritone.judge.listen.analysis import ALPHA, PILOT, Analysis, Comparison, Result
from tritone.judge.listen.picture import LABELS
from tritone.judge.listen.store import Listener
from tritone.judge.listen.test import ANCHOR, REAL, Exclusion, Kind

_METHOD = {
    "rating": "absolute category rating of single sounds (ITU-T P.800), no reference, five grades of ITU-R BS.1284",
    "preference": "forced choice between two sounds, of which neither is marked; a tie counts half for each",
    "mushra": "several sounds at once beside an open reference, 0 to 100, hidden reference and anchors (BS.1534-3)",
}


def label(system: str) -> str:
    """A system as a table names it."""
    return LABELS.get(system, system)


def lead(analysis: Analysis) -> list[str]:
    """The first sentences: how many listened, and what can be said."""
    left = f" ({len(analysis.excluded)} of {len(analysis.listeners)} left out by the rule)" if analysis.excluded else ""
    lines = [f"{analysis.counted} listeners count{left}."]
    if analysis.pilot:
        lines.append(
            f"This is a pilot: with fewer than {PILOT} listeners it shows how a test would go, and nothing else."
        )
    for result in analysis.results:
        if result.question == analysis.key.primary and not analysis.pilot:
            lines += [findings(one, analysis.test.kind) for one in result.comparisons if one.holds]
            if not any(one.holds for one in result.comparisons):
                lines.append(
                    "No difference between systems is more than chance; that does not show that they are alike."
                )
    return lines


def findings(one: Comparison, kind: Kind) -> str:
    """A difference that is more than chance, as a sentence."""
    better, worse = (one.first, one.second) if one.difference > 0 else (one.second, one.first)
    much = abs(one.difference)
    size = f"{100 * (0.5 + much):.0f} % of choices" if kind == "preference" else f"{much:.2f} {_unit(kind)}"
    whom = "which should hold for other sounds of theirs too" if one.holds == "other sounds" else "on these sounds only"
    verb = "is preferred to" if kind == "preference" else "is better than"
    return f"{label(better)} {verb} {label(worse)} ({size}), {whom}."


def score_rows(result: Result, kind: Kind) -> tuple[list[str], list[list[str]]]:
    """Heading and rows of the table of scores."""
    mean = "preferred" if kind == "preference" else "mean"
    heading = ["system", mean, "95 % interval", "median", "quartiles", "spread", "answers"]
    rows = [
        [
            label(score.system), _figure(score.mean), _between(score.low, score.high), _figure(score.median),
            _between(*score.quartiles), _figure(score.spread), str(score.votes),
        ]
        for score in result.scores
    ]  # fmt: skip
    if kind == "preference":
        heading.append("strength")
        for row, score in zip(rows, result.scores, strict=True):
            strong, low, high = score.strength or (float("nan"),) * 3
            row.append(f"{_figure(strong)} [{_between(low, high)}]")
    return heading, rows


def comparison_rows(result: Result, kind: Kind) -> tuple[list[str], list[list[str]]]:
    """Heading and rows of the table of comparisons; of pairs it says how many preferred the first."""
    what, zero, sign = ("first preferred", 0.5, "") if kind == "preference" else ("difference", 0.0, "+")
    heading = ["pair", what, "95 % interval", "effect", "p (listeners)", "p (and sounds)", "holds for"]
    rows = [
        [
            f"{label(one.first)} - {label(one.second)}", _figure(zero + one.difference, sign),
            _between(zero + one.low, zero + one.high), f"{one.effect:+.2f}", _chance(one.holm_listeners),
            _chance(one.holm_all), one.holds or "-",
        ]
        for one in result.comparisons
    ]  # fmt: skip
    return heading, rows


def rule_words(rule: Exclusion, kind: Kind) -> str:
    """The rule of exclusion as a sentence."""
    share = f"more than {100 * rule.share:.0f} %"
    if kind == "preference":
        return f"A listener does not count who prefers the anchor to real sound in {share} of the pairs of the two."
    more = {
        "rating": ", or values it no higher than the anchor on average",
        "mushra": f", or the 7 kHz anchor above {rule.real_below:g} as often",
    }[kind]
    less = f"A listener does not count who values hidden real sound below {rule.real_below:g} in {share} of cases"
    return f"{less}{more if rule.over_anchor else ''}."


def markdown(
    analysis: Analysis, names: Mapping[str, str], people: Sequence[Listener], notes: Sequence[str], command: str
) -> str:
    """The whole report as Markdown; `names` are those that listeners have in it."""
    test, kind = analysis.test, analysis.test.kind
    parts = [f"# {test.title}: what listeners said", *lead(analysis), *notes, "![Scores](scores.png)"]
    parts.append(
        "Dots are means with 95 % intervals over listeners and sounds; grey bars hold the middle half of answers."
    )
    for result in analysis.results:
        parts += _section(result, analysis, "")
    if analysis.excluded:
        parts.append("## With everybody")
        parts += [part for result in analysis.everyone for part in _section(result, analysis, ", everybody")]
    parts += ["## Who counts", rule_words(analysis.key.exclusion, kind)]
    parts.append(
        "The rule was fixed when the test was planned. Whoever answered fewer than half of the screens is left out."
    )
    parts.append(
        "\n".join(f"- {names[name]}: {why}" for name, why in sorted(analysis.excluded.items())) or "Nobody is."
    )
    parts += ["## What stands behind the scores", _about(analysis, people), "## How it was counted", _HOW.strip()]
    parts += ["## Again", f"```sh\n{command}\n```"]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(result: Result, analysis: Analysis, suffix: str) -> list[str]:
    asked = next(question for question in analysis.test.questions if question.id == result.question)
    rank = (
        ""
        if len(analysis.test.questions) == 1
        else " (decides)"
        if asked.id == analysis.key.primary
        else " (beside it)"
    )
    if not result.scores:
        return [f"## {asked.id}{rank}{suffix}", "Nobody counts."]
    return [
        f"## {asked.id}{rank}{suffix}",
        f"*{asked.text}*",
        _table(*score_rows(result, analysis.test.kind)),
        _table(*comparison_rows(result, analysis.test.kind)),
        f"That no system differs from another has p {_chance(result.friedman, '= ')} (Friedman).",
    ]


def _about(analysis: Analysis, people: Sequence[Listener]) -> str:
    test, key = analysis.test, analysis.key
    sounds = [stimulus.seconds for stimulus in test.stimuli]
    rates = {stimulus.rate for stimulus in test.stimuli}
    items = {heard.item for heard in key.stimuli.values()}
    questions = "; ".join(f"{asked.id}: {asked.text}" for asked in test.questions)
    facts = {
        "Method": _METHOD[test.kind],
        "Questions": questions,
        "Listeners": f"{len(analysis.listeners)}, of whom {analysis.counted} count{_people(people)}",
        "Answers": str(sum(score.votes for result in analysis.results for score in result.scores)),
        "Sounds": f"{len(items) - 1} of each system and one for training, {min(sounds):.1f} to {max(sounds):.1f} s"
        + (", loops going round" if all(stimulus.loop for stimulus in test.stimuli) else ""),
        "Bandwidth": ", ".join(f"up to {rate / 2000:g} kHz ({rate} Hz, 16 bit)" for rate in sorted(rates)),
        "Loudness": "all brought to one loudness (ITU-R BS.1770) without clipping",
        "Reference conditions": f"{label(REAL)} and {label(ANCHOR)}, both hidden; the table has their scores",
        "Order": f"balanced over {len(test.orders)} listeners (Williams designs), training first",
        "Where": "at home, with the listeners' own devices, not controlled",
        "Made by": ", ".join(f"{name} {value}" for name, value in key.made.items()),
    }
    lines = "\n".join(f"- {name}: {value}" for name, value in facts.items() if value)
    return f"{lines}\n\nScores of different tests must not be compared: they depend on what else was in the test."


def _people(people: Sequence[Listener]) -> str:
    """What is known of them besides, each as far as they said."""
    if not people:
        return ""
    experts = sum(person.expert for person in people)
    heads = sum(person.headphones == "3/3" for person in people)
    return f"; {experts} work with sound, {heads} passed the headphones check with all three rounds"


_HOW = f"""
Intervals: listeners and sounds are both drawn anew, with replacement (Owen 2007); {100 * (1 - ALPHA):.0f} % by
percentiles. Comparisons are within listeners: exact signed-rank tests on the means of listeners (Wilcoxon), then also
on the means of sounds, and a t-test whose error counts both (Cameron, Gelbach and Miller 2011). "Other sounds" needs
all three, "these sounds" the first alone, each corrected for all pairs of one question (Holm), at {ALPHA:g}. Effect:
matched-pairs rank-biserial correlation over listeners, 1 where all put the first above. Strengths, of preferences, are
those of Bradley and Terry.
"""


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _unit(kind: Kind) -> str:
    return "grades" if kind == "rating" else "points"


def _figure(value: float, sign: str = "") -> str:
    return "-" if isnan(value) else f"{value:{sign}.2f}"


def _between(low: float, high: float) -> str:
    return "-" if isnan(low) else f"{low:.2f} to {high:.2f}"


def _chance(p: float, sign: str = "") -> str:
    return "< 0.001" if p < 0.001 else f"{sign}{p:.3f}"
