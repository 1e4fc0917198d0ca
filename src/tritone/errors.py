"""The one exception for anything that the user can mend."""


class UserError(Exception):
    """A mistake in what the user gave: one sentence that names the file or option, and the mend.

    The command line prints it without a traceback and exits with status 2.
    """
