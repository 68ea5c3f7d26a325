"""The errors a person meets: each tells in one sentence what happened, to what, and what to do.

Only error classes belong here. Code that can name the cause raises one of these; anything else that
escapes is a defect and is shown with its traceback.
"""

from __future__ import annotations


class DisplacementError(Exception):
    """Something could not be done; the message is meant to be read by the user. Exit code 1."""

    exit_code = 1


class WrongUseError(DisplacementError):
    """The question cannot be asked this way: an unknown name, a malformed query. Exit code 2."""

    exit_code = 2


class HeldBackError(DisplacementError):
    """A check or gate held the data back; what was published before stays. Exit code 3."""

    exit_code = 3
