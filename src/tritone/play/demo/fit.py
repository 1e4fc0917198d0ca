"""A page that does not grow too large: sounds are kept in the order of the page, for as long as there is room."""

from collections.abc import Sequence
from dataclasses import replace

from tritone.report.page import Section
from tritone.report.player import flac, page_bytes


def fitted(sections: Sequence[Section], most: int, where: str) -> list[Section]:
    """The sections with sounds of at most `most` bytes; `where` is the folder in which those lie that are left out."""
    known, used, kept = set[bytes](), 0, []
    for section in sections:
        sounds = {flac(clip): page_bytes(clip) for clip in section.clips}
        size = sum(bytes_ for body, bytes_ in sounds.items() if body not in known)
        size += 45_000 * sum(body in known for body in sounds)
        if used + size <= most:
            used, known = used + size, known | set(sounds)
            kept.append(section)
        else:
            said = f"Its {len(section.clips)} sounds are left out so that the page stays small: they lie in {where}."
            kept.append(replace(section, clips=(), text=f"{section.text}\n\n{said}"))
    return kept
