"""From files that are done to items: whole files, or loops cut on the grid."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tritone.data.config import PrepareConfig
from tritone.data.ledger import Record
from tritone.data.scan import Source
from tritone.data.sidecar import Sidecar, read_sidecar
from tritone.data.store import Item
from tritone.signal.loops import exact_loop_length, grid, tempo_from_name

LOOP_SLACK_SECONDS = 0.05
"""So much may be missing at the end of the last loop of a file; it is filled with silence."""


@dataclass(frozen=True)
class Entry:
    """A file that is done, beside the file itself."""

    source: Source
    record: Record


def slack(config: PrepareConfig) -> int:
    """Zeros that follow every stored sound, so that a loop that was trimmed a little is whole."""
    return 0 if config.bars is None else round(LOOP_SLACK_SECONDS * config.sample_rate)


def cut(entry: Entry, config: PrepareConfig) -> tuple[list[Item], str]:
    """The items of a file (all in the split "train" for now), and the reason where there are none."""
    note = read_sidecar(entry.source.path)
    label = note.label or entry.source.label
    whole = Item(name=entry.record.name, split="train", frames=entry.record.frames, label=label, caption=note.caption)
    if config.bars is None:
        return _stretches(whole, entry.record, [(0, entry.record.frames)]), ""
    bpm = tempo(entry, note, config)
    if bpm is None:
        return [], "no tempo: name it in the file name (…_120bpm), in a note beside the file, or with --bpm"
    length = exact_loop_length(config.bars, bpm, config.sample_rate, config.beats_per_bar)
    places = list(grid(entry.record.frames, length, slack(config)))
    if not places:
        seconds = entry.record.frames / config.sample_rate
        return [], (
            f"shorter ({seconds:.2f} s) than one loop of {config.bars:g} bars at {bpm:g} BPM "
            f"({float(length) / config.sample_rate:.2f} s)"
        )
    return _stretches(replace(whole, loop=True, bpm=bpm, bars=config.bars), entry.record, places), ""


def tempo(entry: Entry, note: Sidecar, config: PrepareConfig) -> float | None:
    """Beats a minute: from the note (its bpm, or its bars and the file's length), else the name, else the option."""
    if note.bpm is not None:
        return note.bpm
    if note.bars is not None:
        return note.bars * config.beats_per_bar * 60 * config.sample_rate / entry.record.frames
    return tempo_from_name(entry.record.name) or config.bpm


def _stretches(whole: Item, record: Record, places: Sequence[tuple[int, int]]) -> list[Item]:
    """An item for each stretch (start, frames) of a file; where a file spans two shards, plain stretches are divided
    and loops that cross the border are left out.
    """
    if not record.extents:
        named = _names(record.name, len(places))
        return [
            replace(whole, name=name, source=record.path, offset=start, frames=frames)
            for name, (start, frames) in zip(named, places, strict=True)
        ]
    found, begin = [], 0
    for shard, offset, size in record.extents:
        for start, frames in places:
            first, last = max(start, begin), min(start + frames, begin + size)
            if last - first == frames or (last > first and not whole.loop):
                found.append(replace(whole, shard=shard, offset=offset + first - begin, frames=last - first))
        begin += size
    return [replace(item, name=name) for item, name in zip(found, _names(record.name, len(found)), strict=True)]


def _names(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}#{number}" for number in range(1, count + 1)]


def split_in_time(items: list[Item], share: float) -> list[Item]:
    """For sound that cannot be divided by file: the first part for training, the last `share` of it for validation.

    Several items of a file are divided by item; a single loop stands in both splits.
    """
    if len(items) > 1:
        count = min(len(items) - 1, max(1, round(share * len(items))))
        return items[:-count] + [replace(item, split="validation") for item in items[-count:]]
    item = items[0]
    if item.loop:
        return [item, replace(item, split="validation")]
    last = min(item.frames - 1, max(1, round(share * item.frames)))
    first = item.frames - last
    return [
        replace(item, frames=first),
        replace(item, name=f"{item.name}#end", frames=last, offset=item.offset + first, split="validation"),
    ]
