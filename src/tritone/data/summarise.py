"""The last step of prepare: items, splits and findings from the files that are done."""

import base64
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tritone.data.config import PrepareConfig
from tritone.data.duplicates import groups, near_duplicates
from tritone.data.items import Entry, cut, split_in_time
from tritone.data.report import Finding, Report, Split
from tritone.data.scan import Skipped, printable
from tritone.data.split import held_out
from tritone.data.store import Item

LARGE_DC = 0.01
LITTLE_SECONDS = 300.0
SHORT_SECONDS = 1.0


def pack_fingerprint(fingerprint: bytes) -> str:
    """A fingerprint as text for the ledger."""
    return base64.b85encode(fingerprint).decode("ascii")


def arrange(
    entries: Sequence[Entry],
    skipped: Sequence[Skipped],
    config: PrepareConfig,
    out: Path,
    audible: Callable[[Item], bool],
) -> tuple[list[Item], Report]:
    """The items of a dataset in their splits, without the loops that are not `audible`, and the report, without the
    sizes on disk.
    """
    left_out = list(skipped)
    once = _without_copies(entries, left_out)
    kept: list[Entry] = []
    items: list[list[Item]] = []
    for entry in once:
        found, reason = cut(entry, config)
        if config.bars is not None and found:
            found, reason = list(filter(audible, found)), "all of its loops are silent (no sample above -70 dBFS)"
        if found:
            kept.append(entry)
            items.append(found)
        else:
            left_out.append(Skipped(entry.record.name, reason))
    seconds = [entry.record.frames / config.sample_rate for entry in kept]
    pairs = near_duplicates([base64.b85decode(entry.record.fingerprint) for entry in kept], seconds)
    families = groups(len(kept), pairs)
    contents = [entry.record.content for entry in kept]
    chosen = held_out(contents, families, seconds, config.validation, config.seed)
    in_time = config.validation > 0 and not chosen
    final = [item for index, found in enumerate(items) for item in _assign(found, index in chosen, in_time, config)]
    alike = [Finding(_name(kept[i]), f"nearly the same as {_name(kept[j])} ({value:.3f})") for i, j, value in pairs]
    report = Report(
        path=str(out), config=config, splits=_splits(final, config), files=len(kept),
        rates=dict(Counter(entry.record.rate for entry in kept)),
        source_channels=dict(Counter(entry.record.channels for entry in kept)),
        skipped=tuple(left_out), clipped=_clipped(kept), offset=_offset(kept), alike=tuple(alike),
        short=sum(value < SHORT_SECONDS for value in seconds), warnings=(),
        labels=dict(sorted(Counter(item.label for item in final if item.label).items())),
        tempos=tuple(sorted({item.bpm for item in final if item.bpm is not None})),
    )  # fmt: skip
    return final, replace(report, warnings=tuple(_warnings(report, in_time, len(kept))))


def _without_copies(entries: Sequence[Entry], left_out: list[Skipped]) -> list[Entry]:
    """Every sound once: of exact copies (after decoding) the first by name stays."""
    first: dict[str, Entry] = {}
    for entry in entries:
        original = first.setdefault(entry.record.content, entry)
        if original is not entry:
            left_out.append(Skipped(entry.record.name, f"the same sound as {printable(original.record.name)}"))
    return list(first.values())


def _assign(items: list[Item], chosen: bool, in_time: bool, config: PrepareConfig) -> list[Item]:
    if in_time:
        return split_in_time(items, config.validation)
    return [replace(item, split="validation") for item in items] if chosen else items


def _splits(items: Sequence[Item], config: PrepareConfig) -> dict[str, Split]:
    names = sorted({item.split for item in items})
    return {
        name: Split(
            items=sum(item.split == name for item in items),
            seconds=sum(item.frames for item in items if item.split == name) / config.sample_rate,
        )
        for name in names
    }


def _name(entry: Entry) -> str:
    return printable(entry.record.name)


def _clipped(entries: Sequence[Entry]) -> tuple[Finding, ...]:
    found = []
    for entry in entries:
        if entry.record.clips:
            found.append(Finding(_name(entry), f"{entry.record.clips} runs of full-scale samples"))
        elif entry.record.overs:
            found.append(
                Finding(_name(entry), f"{entry.record.overs} samples beyond full scale (peak {entry.record.peak:.2f})")
            )
    return tuple(found)


def _offset(entries: Sequence[Entry]) -> tuple[Finding, ...]:
    return tuple(Finding(_name(e), f"mean {e.record.dc:.3f} of full scale") for e in entries if e.record.dc > LARGE_DC)


def _warnings(report: Report, in_time: bool, files: int) -> list[str]:
    warnings = []
    if report.seconds < LITTLE_SECONDS:
        warnings.append(
            f"{report.seconds / 60:.1f} minutes is little sound: below {LITTLE_SECONDS / 60:.0f} minutes a model "
            "mostly learns its training sounds by heart; add recordings if you can."
        )
    if in_time:
        what = "there is only one file" if files == 1 else "all files are nearly the same"
        warnings.append(
            f"Held-out sound is the end of the training sound, because {what}; its figures flatter the model."
        )
    if report.skipped and len(report.skipped) >= files:
        warnings.append(f"More files were left out ({len(report.skipped)}) than used ({files}); see the reasons.")
    return warnings
