"""Words that describe a sound, from its note or from the names of its file and folders. Pure functions."""

import re
import unicodedata

_COUNTED = re.compile(r"(?:#(?:\d+|end))+$")  # what `items` adds where a file gives several items
_SUFFIX = re.compile(r"\.[a-zA-Z][a-zA-Z0-9]{1,4}$")
_ABSOLUTE = re.compile(r"^(?:/|[a-zA-Z]:/)")

# Borders of a name within a name: no letter and no digit, but an underscore may stand there.
_START, _END = r"(?<![^\W_])", r"(?![^\W_])"
_NUMBER = r"\d+(?:[.,]\d+)?"
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_TEMPO = re.compile(rf"{_NUMBER}[\s_-]*bpm(?![a-z])|{_START}(?:bpm|tempo)[\s_:=-]*{_NUMBER}", re.IGNORECASE)
_BARS = re.compile(rf"{_START}(?:{_NUMBER}[\s_-]*bars?|bars?[\s_:=-]*{_NUMBER}){_END}", re.IGNORECASE)
_VERSION = re.compile(rf"{_START}v(?:er(?:sion)?)?[\s_.-]*\d+(?:\.\d+)*{_END}", re.IGNORECASE)
_MODE = r"(?:[\s_-]?(?i:minor|major|min|maj|sus|dim|aug|add)|[\s_-]?m)"
_PITCH = r"(?:[A-Ga-g](?:#|♯|♭|[\s_-]?(?i:sharp|flat)(?![a-z]))|[A-G]b)"
_KEY = re.compile(
    rf"{_START}(?:(?i:key)[\s_:=-]*(?:(?i:of)[\s_]+)?)?"
    rf"(?:{_PITCH}(?:{_MODE}|M)?-?\d{{0,2}}"  # A#m, Bb, f# minor, C#3, Ebmaj7
    rf"|[A-G]{_MODE}\d{{0,2}}"  # Am, C min, Gsus4
    rf"|[a-g][\s_-]?(?:minor|major|min|maj)\d{{0,2}})"  # cmin, e major
    rf"{_END}"
)
_CAMEL = re.compile(r"(?<=[a-zà-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])|(?<=[A-ZÀ-ÖØ-Þ])(?=[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ])|(?<=\d)(?=[A-Z][a-z])")
_BETWEEN = re.compile(r"[\x00-/:-@\[-`{-\x7f]+")

_MACHINE = re.compile(r"808|909|(?:tr|tb|cr|dx|sp|sh|mc|mpc|jp|jx|jd|lm|mk)[1-9]\d{0,3}|\d0s|\d+(?:st|nd|rd|th)")
"""Words that are numbers, or end in one: drum machines and synthesizers, decades, fractions of a bar."""
_HASH = re.compile(r"(?=.*\d)(?=.*[a-f])[0-9a-f]{7,}|(?=(?:[a-z]*\d+[a-z]+){3}).{8,}")
_TECHNICAL = re.compile(r"\d*(?:khz|hz|bpm|wav|flac|aiff?|mp3|ogg|m4a)|\d+(?:k|bit|ms|sec|db)|[a-z]\d*|\d+")
_NUMBERED = re.compile(r"^0\d*(?=[^\W\d])|(?<=[^\W\d])\d+$")


def caption(note: str, name: str) -> str:
    """What is known of a sound in words: its note, else the words in the name of its item; empty where both are."""
    return " ".join(_whole(note).split()) or words(name)


def words(name: str) -> str:
    """The words in the path of a sound, in small letters, each once: "Kits/Deep House/kick_punchy_120bpm_A#m.wav" gives
    "kits deep house kick punchy". Numbers, tempo, key, bars, versions, hashes and the suffix go; other scripts stay.

    Of an absolute path only the last folder counts.
    """
    path = _SUFFIX.sub("", _COUNTED.sub("", name)).replace("\\", "/")
    parts = path.split("/")[-2:] if _ABSOLUTE.match(path) else path.split("/")
    return " ".join(dict.fromkeys(word for part in parts for word in _of_part(part)))


def _of_part(part: str) -> list[str]:
    text = unicodedata.normalize("NFC", _whole(part))
    for pattern in (_UUID, _TEMPO, _BARS, _KEY, _VERSION):
        text = pattern.sub(" ", text)
    if not text.isascii():
        text = "".join(" " if unicodedata.category(sign)[0] in "PSZC" else sign for sign in text)
    found = map(_plain, _BETWEEN.sub(" ", _CAMEL.sub(" ", text)).lower().split())
    return [word for word in found if word]


def _plain(word: str) -> str:
    """The word without a number that only counts; empty for what says nothing of the sound."""
    if _MACHINE.fullmatch(word):
        return word
    if _HASH.fullmatch(word):
        return ""
    word = _NUMBERED.sub("", word)
    return "" if _TECHNICAL.fullmatch(word) else word


def _whole(text: str) -> str:
    """Without halves of surrogate pairs, as undecodable names have them."""
    return text.encode("utf-8", "ignore").decode("utf-8")
