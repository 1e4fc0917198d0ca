"""Names of loops, and the words in which seeds are given: 7,19,23 and coarse:7+8,fine:19."""

import re
from itertools import pairwise

from tritone.errors import UserError

_LARGEST_SEED = 2**31 - 1
_LONGEST = 60
_TEMPO = re.compile(r"[\s_-]*\d{1,3}(?:[.,]\d+)?[\s_-]*bpm", re.IGNORECASE)


def loop_name(stem: str, label: str, bpm: float) -> str:
    """File name of a loop: "seed-7_128bpm.wav", with the label between where one was asked for."""
    return f"{stem}{f'_{safe(label)}' if label else ''}_{tempo_words(bpm)}bpm.wav"


def tempo_words(bpm: float) -> str:
    """A tempo with up to three decimals: 128, 97.5."""
    return f"{bpm:.3f}".rstrip("0").rstrip(".")


def bars_words(bars: float) -> str:
    """A number of bars: 1 bar, 2 bars."""
    return f"{bars:g} bar{'' if bars == 1 else 's'}"


def walk_stem(seeds: list[int]) -> str:
    """What all loops of a walk are called: their seeds, or the first and last of very many."""
    every = "-".join(map(str, seeds))
    return every if len(every) <= _LONGEST else f"{seeds[0]}-to-{seeds[-1]}"


def like_stem(stem: str) -> str:
    """The name of a file without the tempo in it, which need not be that of loops like it."""
    return safe(_TEMPO.sub("", stem))[:_LONGEST].strip("_-. ") or "file"


def safe(text: str) -> str:
    """Text as a part of a file name: letters of any script, digits, dots and dashes."""
    return re.sub(r"[^\w.-]+", "_", text)


def parse_walk(text: str) -> list[int]:
    """Seeds of a walk, "7,19,23"; UserError where there are fewer than two, or the same one twice in a row."""
    seeds = [_seed(word, "--morph", "7,19,23", text) for word in re.split(r"[,\s]+", text)]
    if len(seeds) < 2:
        raise UserError(f"--morph wants at least two seeds, like 7,19, not {text!r}.")
    for first, second in pairwise(seeds):
        if first == second:
            raise UserError(f"--morph {text} stands still between {first} and {second}; give another seed.")
    return seeds


def parse_mix(text: str) -> tuple[list[int], list[int]]:
    """Coarse and fine seeds of "coarse:7,fine:19" or "coarse:7+8,fine:19+20"; UserError for anything else."""
    found: dict[str, list[int]] = {}
    for part in text.split(","):
        name, _, seeds = (word.strip() for word in part.partition(":"))
        if name not in ("coarse", "fine") or name in found:
            raise UserError(f"--mix wants one coarse and one fine part, like coarse:7,fine:19, not {text!r}.")
        found[name] = [_seed(word, "--mix", "coarse:7+8,fine:19", text) for word in seeds.split("+")]
        if len(set(found[name])) < len(found[name]):
            raise UserError(f"--mix {text} names a {name} seed twice; leave it out once.")
    if len(found) < 2:
        raise UserError(f"--mix wants one coarse and one fine part, like coarse:7,fine:19, not {text!r}.")
    return found["coarse"], found["fine"]


def _seed(word: str, option: str, example: str, text: str) -> int:
    if not re.fullmatch(r"\s*[0-9]{1,10}\s*", word) or int(word) > _LARGEST_SEED:
        raise UserError(f"{option} wants seeds from 0 to {_LARGEST_SEED}, like {example}, not {text!r}.")
    return int(word)
