"""Numbers and names as the report says them."""

from collections.abc import Mapping, Sequence

from tritone.judge.compare.manifest import Kind
from tritone.judge.figure import Figure
from tritone.report.axes import number

KINDS: Mapping[Kind, str] = {"generated": "new sound", "reconstructed": "reconstructed sound", "real": "real sound"}


def spread(figure: Figure) -> str:
    """The interval of a figure; empty where it has none."""
    if figure.low is None or figure.high is None:
        return ""
    return f"{value_words(figure.low)} to {value_words(figure.high)}"


def value_words(value: float) -> str:
    """Three significant digits, with a minus sign that is one."""
    return number(value).replace("-", "−")


def duration(seconds: float) -> str:
    """Seconds, minutes or hours, such as 42 s, 15 min, 3 h 20 min."""
    if seconds < 100:
        return f"{number(float(round(seconds, 1)))} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def bytes_words(size: int) -> str:
    """Such as 31.8 MB."""
    return f"{number(size / 1e6)} MB" if size >= 1e5 else f"{number(size / 1e3)} kB"


def listed(names: Sequence[str]) -> str:
    """Such as "a, b and c"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def counted(count: int, name: str) -> str:
    """Such as "1 sound", "2 sounds"."""
    return f"{count:,} {name}{'' if count == 1 else 's'}".replace(",", "\u202f")
