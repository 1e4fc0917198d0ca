"""What listeners are asked, and the words of the scale."""

from tritone.errors import UserError
from tritone.judge.listen.test import Kind, Question
from tritone.schema import nearest

WORDS = ("Bad", "Poor", "Fair", "Good", "Excellent")
"""The five grades of ITU-R BS.1284 and ITU-T P.800, from 1 to 5; in BS.1534 the five intervals from 0 to 100."""

QUALITY = "audio-quality"
"""The question that hidden anchors speak to: they differ from real sound in nothing else."""

TEXTS = {
    QUALITY: "How good is the sound itself: clean, full, free of noise and of unnatural artefacts?",
    "loopability": "How well does it loop: does it go round without a click, a gap or a stumble?",
    "drumness": "How well does it sound like drums: can you hear drum or percussion sounds in it?",
    "instrument": "How well does it sound like a real instrument?",
    "rhythm": "How good is the rhythm: steady, and the way somebody would play it?",
    "naturalness": "How natural does it sound: could it be a recording?",
    "usefulness": "How gladly would you use it in music of your own?",
}
"""The first three are those of the loop papers (LoopTest, ISMIR 2021; Projected GAN for audio loops, 2022)."""

PREFERENCE = "Which of the two do you prefer?"
BESIDE = "How good is each, beside the reference? One of them is the reference itself."


def ask(names: tuple[str, ...], kind: Kind) -> tuple[Question, ...]:
    """The questions of these names. UserError for an unknown one, or where the kind of test asks for another number.

    Pairs and "mushra" ask one thing: BS.1534-3 (6) lets one attribute be graded at a time.
    """
    for name in names:
        if name not in TEXTS:
            mend = nearest(name, TEXTS)
            known = mend if mend != "." else f"; there are {', '.join(TEXTS)}."
            raise UserError(f"--questions: there is no question {name!r}{known}")
    if len(set(names)) < len(names) or not names:
        raise UserError("--questions must name at least one question, and each once.")
    if kind == "rating":
        return tuple(Question(name, TEXTS[name], WORDS) for name in names)
    if len(names) > 1:
        raise UserError(f"--kind {kind} asks one question at a time; name one with --questions.")
    if kind == "mushra":
        if names != (QUALITY,):
            raise UserError(f"--kind mushra asks for {QUALITY} beside a reference; leave --questions out.")
        return (Question(QUALITY, BESIDE, WORDS),)
    text = PREFERENCE if names == (QUALITY,) else f"{TEXTS[names[0]]} Which of the two is better in this?"
    return (Question(names[0], text, ()),)
