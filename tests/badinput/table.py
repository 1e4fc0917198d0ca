"""All rows, in the order of the page."""

from badinput import folders, imports, judged, live, models, options, places, playing, served, sound_files
from badinput.stage import Row

MODULES = (options, sound_files, folders, models, playing, live, judged, imports, served, places)
ROWS: list[Row] = [row for module in MODULES for row in module.ROWS.rows]
