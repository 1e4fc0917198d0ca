"""What is measured of loops, in words for somebody who has never heard of it."""

from tritone.judge.figure import Better, Metric


def _metric(key: str, name: str, about: str, unit: str, better: Better = "nearer") -> Metric:
    return Metric(key, name, about, unit, better, "loops")


WRAP_ERROR = _metric(
    "wrap-error",
    "Wrap error of the renderer",
    "How far a loop that is written out twice differs from the sound played twice, of its peak; 0 where the model"
    " knows that a loop is one.",
    "of the peak",
    "lower",
)
SEAM_JUMP = _metric(
    "seam-jump",
    "Jump at the seam",
    "The step from the last sample to the first, over the steepest steps inside the loop; up to about 1 there is "
    "none to be heard, far more is a click.",
    "× steepest step",
)
SEAM_CLICK = _metric(
    "seam-click",
    "Click at the seam",
    "Treble within 2 ms of the seam over that at the loudest other beat; good is as in real loops, whose first "
    "beat may well be the loudest.",
    "dB",
)
TAIL = _metric(
    "tail-silence",
    "Silence at the end",
    "How long a loop has ended before it begins again (below -60 dBFS); good is as long as in real loops.",
    "ms",
)
LENGTH = _metric(
    "length-error",
    "Length error",
    "Samples too many or too few for a whole number of beats at the tempo that the loop is said to have; 0 stays "
    "in time for ever.",
    "samples",
    "lower",
)
TEMPO = _metric(
    "tempo-error",
    "Tempo error",
    "How far the tempo that follows from the length is from the one that the loop is said to have.",
    "%",
    "lower",
)
OFF_GRID = _metric(
    "off-grid",
    "Hits off the grid",
    "How far onsets lie from the nearest sixteenth note, on average; hits anywhere give half of what is possible,"
    " and real playing is not 0 either.",
    "ms",
)
SEAM_EXCESS = _metric(
    "seam-excess",
    "Seam beside middle",
    "By how much more the sounds differ from real ones in the quarter of a second around the seam than in the middle "
    "(kernel distance of log-mel spectra); about 0 where the seam is as good as the rest.",
    "100 MMD²",
    "lower",
)
