"""All rows, in the order of the page."""

from badinput import disks, folders, imports, judged, live, models, names, options, places, playing, served, sound_files
from badinput.stage import Row

MODULES = (options, sound_files, names, folders, models, playing, live, judged, imports, served, disks, places)
ROWS: list[Row] = [row for module in MODULES for row in module.ROWS.rows]
