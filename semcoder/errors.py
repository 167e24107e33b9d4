"""The one error a user is meant to read."""


class UserError(Exception):
    """One sentence that names the file, line or key at fault and the remedy; the command exits with code 2."""
