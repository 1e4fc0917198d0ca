"""All rows, in the order of the page."""

from badinput import folders, imports, options, sound_files
from badinput.stage import Row

ROWS: list[Row] = [row for module in (options, sound_files, folders, imports) for row in module.ROWS.rows]
