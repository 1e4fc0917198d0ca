"""Which tempo a sound file has: what is said beside it, in its name and in it, or what follows from its length."""

from math import log2
from pathlib import Path

from tritone.data.sidecar import read_sidecar
from tritone.errors import UserError
from tritone.play.loop_model import LoopModel, LoopOptions, beats_per_bar
from tritone.play.loop_names import bars_words
from tritone.signal.loop_chunks import read_loop_chunks
from tritone.signal.loops import FASTEST, SLOWEST, tempo_from_name

_REPEATS = tuple(2**power for power in range(7))


def file_tempo(path: Path, seconds: float, model: LoopModel, options: LoopOptions) -> float:
    """Beats a minute of a file that lasts `seconds`.

    The first that there is: the note beside it, its name, its `acid` chunk, `options.bpm`, as many bars as
    `options.bars` says, and at last a doubling of the model's bars that brings the tempo within half an octave of the
    model's default. UserError where none is left.
    """
    known = said_tempo(path, seconds, beats_per_bar(model)) or options.bpm
    if known is not None:
        return known
    if options.bars is not None:
        tempo = options.bars * beats_per_bar(model) * 60 / seconds
        if SLOWEST <= tempo <= FASTEST:
            return tempo
        bars = bars_words(options.bars)
        raise UserError(f"{bars} in the {seconds:.2f} s of {path} would be at {tempo:.0f} BPM; {_MEND}.")
    tempos = [repeats * model.beats * 60 / seconds for repeats in _REPEATS]
    near = min(tempos, key=lambda tempo: abs(log2(tempo / model.default_tempo())))
    if abs(log2(near / model.default_tempo())) > 0.5 or not SLOWEST <= near <= FASTEST:
        raise UserError(f"The tempo of {path} is unknown and does not follow from its {seconds:.2f} s; {_MEND}.")
    return near


def said_tempo(path: Path, seconds: float, meter: int) -> float | None:
    """The tempo that a note beside the file, its name or its `acid` chunk gives, or None."""
    note = read_sidecar(path)
    if note.bpm is not None:
        return note.bpm
    if note.bars is not None:
        return _sane(note.bars * meter * 60 / seconds)
    if (named := tempo_from_name(path.name)) is not None:
        return named
    chunks = read_loop_chunks(path)
    return None if chunks.one_shot or chunks.bpm is None else _sane(chunks.bpm)


def _sane(tempo: float) -> float | None:
    return tempo if SLOWEST <= tempo <= FASTEST else None


_MEND = "give --bpm, or name it in the file name (…_120bpm)"
