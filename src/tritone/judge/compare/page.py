"""The page of a comparison: what is said, in which order; everything in it comes from the comparison and its sounds."""

from collections.abc import Iterator
from pathlib import Path

from tritone.judge.compare.charts import compute_chart, training_charts
from tritone.judge.compare.comparison import Comparison
from tritone.judge.compare.examples import BUDGET, Example, Examples, choose, clip_of
from tritone.judge.compare.findings import findings, lead, sure, title, weak
from tritone.judge.compare.judged import leading
from tritone.judge.compare.manifest import Kind
from tritone.judge.compare.tables import cost_table, figure_table, glance_table, verdict_table
from tritone.judge.compare.verdicts import SURE
from tritone.judge.compare.words import KINDS, counted, listed
from tritone.report.page import Clip, Command, Fact, Report, Section, write_report


def write_page(report: Path, comparison: Comparison, rows: int) -> Path:
    """Write `report/index.html` with at most `rows` rows of examples of each kind; gives its path."""
    page = Report(
        title=title(comparison),
        lead=lead(comparison),
        sections=sections_of(report, comparison, rows),
        contents=True,
        commands=[Command(comparison.command, _again(comparison))],
        commands_title="How to make this page again",
        made=[Fact(name, value) for name, value in comparison.made.items()],
    )
    return write_report(report, page)


def sections_of(
    report: Path, comparison: Comparison, rows: int, *, budget: int = BUDGET, where: str = "sounds/"
) -> list[Section]:
    """What the page says and plays, for a page of so many bytes.

    The sounds lie in the folder `report`, those that are not played in what the page's reader knows as `where`.
    """
    examples = choose(report, comparison, rows, budget)

    def clips(chosen: tuple[Example, ...]) -> list[Clip]:
        return [clip_of(report, example) for example in chosen]

    return [
        _glance(comparison),
        *_listening(comparison, examples, clips(examples.new), clips(examples.through), where),
        *_extremes(comparison, clips(examples.extremes)),
        *_copies(comparison, clips(examples.near)),
        *_figures(comparison),
        *_verdicts(comparison),
        *_compute(comparison),
        *_training(comparison),
    ]


def _glance(comparison: Comparison) -> Section:
    return Section(
        "At a glance", "\n\n".join(findings(comparison)), tables=[glance_table(comparison)],
        warnings=comparison.warnings,
    )  # fmt: skip


def _listening(
    comparison: Comparison, examples: Examples, new: list[Clip], through: list[Clip], where: str
) -> Iterator[Section]:
    level = f"All sound is played at {comparison.manifest.loudness:g} LUFS".replace("-", "−")
    keys = (
        f"{level}. The sounds of a row run in step: switch between them, by the keys 1 to 9 too, without losing the "
        "place; the left and right arrows move in the sound, Escape stops it. Loops go round without a gap."
    )
    if new:
        sounds = [comparison.manifest.of(name) for name in comparison.manifest.systems()]
        total = max(map(len, sounds))
        asked = any(sound.real for each in sounds for sound in each)
        real = "whose length, and label and tempo where a model knows these, were asked for" if asked else "for the ear"
        yield Section(
            "New sound",
            f"Not chosen by anybody: {_shown(examples.rows, total)}, evenly spread. In each row stands a held-out real "
            f"sound, {real}. {keys}"
            f"{_rest(examples.rows, total, where)}",
            new,
        )
    if through:
        files = {sound.real for name in comparison.manifest.systems("reconstructed")
                 for sound in comparison.manifest.of(name, "reconstructed")}  # fmt: skip
        yield Section(
            "Reconstructed sound",
            f"Held-out sounds, and what is left of them after each system that takes sound apart and puts it together: "
            f"{_shown(examples.rows, len(files))}, evenly spread.{'' if new else ' ' + keys}"
            f"{_rest(examples.rows, len(files), where)}",
            through,
        )


def _extremes(comparison: Comparison, clips: list[Clip]) -> Iterator[Section]:
    if not clips:
        return
    kinds: tuple[Kind, ...] = ("generated", "reconstructed")
    metrics = {kind: leading(comparison.of(kind)) for kind in kinds}
    scores = listed([f"{metric.name} of {KINDS[kind]}" for kind, metric in metrics.items() if metric is not None])
    yield Section(
        "Best and worst",
        f"These are chosen: of each system the sounds with the best and the worst score by file ({scores}; the score "
        "stands beside each). A judge's worst need not be the ear's.",
        clips,
    )


def _copies(comparison: Comparison, clips: list[Clip]) -> Iterator[Section]:
    if not clips:
        return
    copies = [copy for one in comparison.of("generated") for copy in one.copies]
    suspects = sum(copy.suspect for copy in copies)
    said = f"{suspects or 'None'} of all {counted(len(copies), 'new sound')} {'is' if suspects <= 1 else 'are'}"
    yield Section(
        "Copies of training sound?",
        "The new sounds that are most like a training sound, beside it, by the correlation of spectrograms at the best "
        f"lag: 1 is a copy. {said} more alike than 99 % of real held-out sounds are to their nearest training sound. "
        "Whether it is the same sound, the ear must say.",
        clips,
    )


def _figures(comparison: Comparison) -> Iterator[Section]:
    kinds: tuple[Kind, ...] = ("generated", "reconstructed")
    for kind in kinds:
        if comparison.of(kind):
            real = "Real sound is held-out sound, measured in the same way: what a perfect model would get."
            said = "Small below a figure stand its 95 % interval, by resampling of files, and the number n of sounds. "
            marked = (
                f"Marked figures are surely better than at least one other and surely worse than none (p < {SURE:g} "
                "after Holm's correction). "
            )
            yield Section(
                f"Figures of {KINDS[kind]}",
                said + (marked if comparison.verdicts else "") + (real if kind == "generated" else ""),
                tables=[figure_table(comparison, kind)],
            )


def _verdicts(comparison: Comparison) -> Iterator[Section]:
    if not comparison.verdicts:
        return
    certain = sure(comparison)
    every = f"All {counted(len(comparison.verdicts), 'comparison')}"
    tables = [verdict_table(certain, "Surely better")] if certain else []
    tables.append(verdict_table(comparison.verdicts, every, folded=True))
    text = (
        "Every two systems are compared by every figure in which a direction is better. Sounds that belong together "
        "(of one seed, or of one held-out sound) are compared in pairs, by signed ranks; figures of whole sets by "
        "exchanging files between the two, or by their intervals. With Holm's correction for all "
        f"{counted(len(comparison.verdicts), 'test')}, the chance of even one false finding is at most {SURE:.0%}. "
        "What is not sure may still be so: more sounds would show it."
    )
    if not certain:
        text += "\n\nNo difference is sure."
    yield Section("Who is really better", text, tables=tables, warnings=weak(comparison))


def _compute(comparison: Comparison) -> Iterator[Section]:
    chart = compute_chart(comparison)
    if any(system.cost for system in comparison.systems):
        yield Section(
            "Quality against compute, and what each model cost" if chart else "What it cost",
            "Work was timed on the machine named below while the sounds of this page were made, one at a time, without "
            "the first; other programs on the machine make it slower.",
            charts=[chart] if chart else [],
            tables=[cost_table(comparison)],
        )


def _training(comparison: Comparison) -> Iterator[Section]:
    charts = training_charts(comparison)
    if charts:
        yield Section(
            "Training curves",
            "From the log of each run. Held-out distance is what each family chooses its best checkpoint by: it is "
            "another measure in each, so compare shapes, not heights.",
            charts=charts,
        )


def _again(comparison: Comparison) -> str:
    return (
        f"Seeds {comparison.seed} to {comparison.seed + comparison.count - 1}. The same command on the same version "
        "and machine gives the same sounds. All sounds, unchanged, lie in sounds/ beside this page, with "
        "manifest.json; report.json holds every figure."
    )


def _shown(rows: int, total: int) -> str:
    return f"{min(rows, total)} of {total}" if rows < total else f"all {total}"


def _rest(rows: int, total: int, where: str) -> str:
    if rows >= total:
        return ""
    return f"\n\n{counted(total - rows, 'more row')} are left out so that the page stays small: they lie in {where}."
