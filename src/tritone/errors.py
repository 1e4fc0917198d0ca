"""The one exception for anything that the user can mend."""

import errno
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Numbers of the system's errors that a full disk, a used-up quota and a file too large for the disk give."""


class UserError(Exception):
    """A mistake in what the user gave: one sentence that names the file or option, and the mend.

    The command line prints it without a traceback and exits with status 2.
    """


def unwritten(path: Path | str, error: Exception) -> UserError:
    """What to say where `path` could not be written: that the disk is full, or what else the system told."""
    if getattr(error, "errno", None) in FULL:
        return UserError(f"{path} could not be written (the disk is full); make room and run the same command again.")
    reason = getattr(error, "strerror", None) or str(getattr(error, "error_string", error)).rstrip(". ")
    return UserError(f"{path} could not be written ({reason}); check the folder, its permissions and the free space.")
