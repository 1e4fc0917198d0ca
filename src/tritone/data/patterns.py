"""Drum patterns of sixteen genres, one bar of sixteen steps each, written so that they can be read.

A voice is a string of sixteen signs: `X` accent, `x` hit, `o` ghost note, `?` a hit that comes every second time,
`r` a roll of two thirty-seconds, `.` rest. A voice may have several strings; one is drawn per bar.
"""

from dataclasses import dataclass

STEPS = 16
"""Steps in a bar of four beats."""


@dataclass(frozen=True)
class Genre:
    """One genre: which role plays what, and how the bar is played and mixed."""

    name: str
    voices: dict[str, tuple[str, ...]]
    """Role -> the patterns to draw from."""
    swing: tuple[float, float] = (0.0, 0.1)
    """Range of the delay of every second sixteenth, as a part of a sixteenth."""
    looseness: float = 4.0
    """Standard deviation of the timing in milliseconds."""
    reverb: tuple[float, float] = (0.02, 0.15)
    """Range of the reverb level relative to the dry sound."""
    drive: tuple[float, float] = (0.0, 0.4)
    """Range of the bus saturation, 0 to 1."""
    tilt_db: tuple[float, float] = (-4.0, 3.0)
    """Range of the tilt of the spectrum from 100 Hz to 10 kHz."""


GENRES = (
    Genre(
        "house",
        {
            "kick": ("X...X...X...X...", "X...X...X...X..?"),
            "clap": ("....X.......X...", "....X.......X..o"),
            "hat": ("?.o.?.o.?.o.?.o.", "x.x.x.x.x.x.x.x.", "xoxoxoxoxoxoxoxo"),
            "open_hat": ("..X...X...X...X.", "..x...x...x...x."),
            "perc": ("...?..?....?..?.", "?..x..?..x..?..x", "................"),
        },
        swing=(0.0, 0.25),
    ),
    Genre(
        "techno",
        {
            "kick": ("X...X...X...X...",),
            "hat": ("..x...x...x...x.", "x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx"),
            "open_hat": ("..x...x...x...x.", "................"),
            "electronic": ("x..x..x..x..x...", "..?x..?...?x..?.", "x....x....x....x"),
            "perc": ("...o..o....o..o.", "..?.?...?..?.?.."),
            "tom": ("...........?..?.", "................"),
        },
        swing=(0.0, 0.08),
        looseness=1.5,
        reverb=(0.04, 0.25),
        drive=(0.2, 0.8),
        tilt_db=(-6.0, 0.0),
    ),
    Genre(
        "breakbeat",
        {
            "kick": ("X.x.......xx....", "X.....x...x.....", "X..x......x..x.."),
            "snare": ("....X..o.o..X..o", "....X..o.o.oX...", "....X.......X.oo"),
            "hat": ("x.x.x.x.x.x.x.x.", "xoxoxoxoxoxoxoxo"),
            "cymbal": ("x...............", "................", "................"),
        },
        swing=(0.0, 0.2),
        looseness=6.0,
        drive=(0.2, 0.7),
    ),
    Genre(
        "hiphop",
        {
            "kick": ("X......x..x.....", "X.x....x.x......", "X......xx.....?."),
            "snare": ("....X.......X...", "....X.......X..o", "....X..o....X..."),
            "hat": ("x.x.x.x.x.x.x.x.", "x.xox.x.x.xox.x.", "x.x.x.xxx.x.x.xx"),
            "open_hat": ("..............?.", "................"),
            "perc": ("...........?....", "................"),
        },
        swing=(0.2, 0.6),
        looseness=8.0,
        drive=(0.2, 0.7),
        tilt_db=(-6.0, 0.0),
    ),
    Genre(
        "trap",
        {
            "kick": ("X......x..x.....", "X..x......x..x..", "X.....x...x....x"),
            "clap": ("........X.......", "........X.....?."),
            "snare": ("................", "........x......."),
            "hat": ("x.x.x.xrx.x.x.rr", "xxxxxxxxxxxrxxxx", "x.xrx.x.x.xrrrx."),
            "open_hat": ("......?.......?.", "................"),
            "perc": ("...?....?...?...", "................"),
        },
        looseness=2.0,
        reverb=(0.02, 0.12),
    ),
    Genre(
        "jungle",
        {
            "kick": ("X.X.......XX....", "X.....x...X..x..", "X.X....x..X....."),
            "snare": ("....X..o.o..X..o", "....X..oxo.oX.xo", "....X..x.o....X."),
            "hat": ("x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx", "x.xxx.xxx.xxx.xx"),
            "cymbal": ("x...............", "................"),
        },
        swing=(0.0, 0.15),
        drive=(0.3, 0.9),
        tilt_db=(-3.0, 3.0),
    ),
    Genre(
        "rock",
        {
            "kick": ("X.......X.......", "X.......X.x.....", "X.....x.X......."),
            "snare": ("....X.......X...", "....X.......X..?"),
            "hat": ("X.x.X.x.X.x.X.x.", "................"),
            "cymbal": ("X...............", "x.x.x.x.x.x.x.x.", "................"),
            "tom": ("............x.xx", "................", "................"),
        },
        swing=(0.0, 0.08),
        looseness=6.0,
        reverb=(0.06, 0.3),
    ),
    Genre(
        "funk",
        {
            "kick": ("X.x...x...x..x..", "X..x..x...x.....", "X.x....x..x...x."),
            "snare": ("....X..o.o.oX..o", "..o.X..o.oo.X.o.", "....X..o.o..X..o"),
            "hat": ("xoxoxoxoxoxoxoxo", "X.xxX.xxX.xxX.xx", "x.x.x.x.x.x.x..."),
            "open_hat": ("..............x.", "......x.........", "................"),
            "perc": ("..?...?...?...?.", "................"),
        },
        swing=(0.05, 0.3),
        looseness=5.0,
    ),
    Genre(
        "disco",
        {
            "kick": ("X...X...X...X...",),
            "snare": ("....X.......X...", "....X.......X.oo"),
            "hat": ("x.o.x.o.x.o.x.o.", "xxoxxxoxxxoxxxox"),
            "open_hat": ("..X...X...X...X.",),
            "perc": ("x..x..x...x.x...", "?.x.?.x.?.x.?.x.", "................"),
            "tom": ("............?x?x", "................", "................"),
        },
        reverb=(0.05, 0.2),
    ),
    Genre(
        "dembow",
        {
            "kick": ("X...X...X...X...", "X...x...X...x..."),
            "snare": ("...x..X....x..X.", "...X..x....X..x."),
            "hat": ("x.x.x.x.x.x.x.x.", "..x...x...x...x."),
            "perc": ("......?.......?.", "x..x..x.x..x..x."),
            "electronic": ("................", "........?......."),
        },
        looseness=3.0,
    ),
    Genre(
        "dub",
        {
            "kick": ("........X.......", "....X.......X...", "X.......X......."),
            "snare": ("........x.......", "....x.......x..o"),
            "hat": ("x.x.x.x.x.x.x.x.", "xo.oxo.oxo.oxo.o"),
            "open_hat": ("..?...?...?...?.",),
            "tom": ("..............oo", "...........o..o.", "................"),
            "perc": ("......x.........", "...x..........?."),
        },
        swing=(0.3, 0.66),
        looseness=7.0,
        reverb=(0.2, 0.5),
        tilt_db=(-8.0, -3.0),
    ),
    Genre(
        "electro",
        {
            "kick": ("X.....X...X.....", "X..X......X..X..", "X..x..X...x....."),
            "snare": ("....X.......X...",),
            "clap": ("....x.......x...", "................"),
            "hat": ("x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx", "x.xxx.xxx.xxx.xx"),
            "electronic": ("..x..x..x..x..x.", "x..?..x..?..x...", "....?..x....?..x"),
            "perc": ("...x......x.....", "................"),
        },
        looseness=1.0,
        drive=(0.1, 0.6),
    ),
    Genre(
        "afro",
        {
            "kick": ("X..x..x.X..x..x.", "X...X...X...X..."),
            "perc": ("x..x..x...x.x...", "x.x.xx.x.x.x.xx.", "..x.x..x..x.x..x"),
            "tom": ("..o.x..o..o.x.o.", "x..o..x.x..o..x.", ".o.o.x...o.o.x.."),
            "hat": ("xoxoxoxoxoxoxoxo", "x.xxx.xxx.xxx.xx"),
            "snare": ("...o..o....o..o.", "................"),
        },
        swing=(0.0, 0.25),
        looseness=7.0,
    ),
    Genre(
        "bossa",
        {
            "kick": ("X..xX..xX..xX..x", "X..x....X..x...."),
            "snare": ("o..o..o...o..o..", "..o...o..o..o..."),
            "hat": ("xoxoxoxoxoxoxoxo", "x.x.x.x.x.x.x.x."),
            "perc": ("x..x..x...x..x..", "..x...x.x..x...."),
            "cymbal": ("................", "x...x...x...x..."),
        },
        swing=(0.0, 0.2),
        looseness=6.0,
        reverb=(0.08, 0.3),
    ),
    Genre(
        "tabla",
        {
            "tabla_low": ("X...x..xX.....x.", "X..x..x.....x..x", "X.......X..x..x."),
            "tabla_high": ("x.xox.xo.oxox.xo", "..x.xox...x.xoxr", "x.oxx.ox..oxx.ox"),
            "perc": ("x...............", "................"),
        },
        swing=(0.0, 0.15),
        looseness=6.0,
        reverb=(0.06, 0.35),
    ),
    Genre(
        "glitch",
        {
            "kick": ("X.....?..x......", "X....x....?..x..", "X..?..x........?"),
            "snare": ("....X..?....x...", "........X...?..."),
            "hat": ("x?r?x??rx?x?r?x?", "?.x.?xr.?.x.?rx."),
            "electronic": ("x.?x.r.?..x?.r..", "?x..x.?r.x..?.x.", "r..x?..x.?r...x."),
            "perc": ("..?..x..?..x..?.", "...r.....?......"),
        },
        looseness=1.0,
        drive=(0.0, 0.8),
    ),
)
"""Every genre that `tritone.data.drums` knows."""
