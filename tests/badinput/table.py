"""All rows, in the order of the page."""

from badinput import folders, imports, options, places, playing, served, sound_files
from badinput.stage import Row

ROWS: list[Row] = [
    row for module in (options, sound_files, folders, playing, imports, served, places) for row in module.ROWS.rows
]
