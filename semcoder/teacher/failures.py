"""What a failure of the teacher's server means; its key is in none of what is said of it."""

import openai

from semcoder.errors import UserError
from semcoder.teacher.interface import Refusal
from semcoder.teacher.protocol import (
    CANNOT_TAKE,
    TOO_MUCH,
    TRANSIENT_STATUS,
    UNTAKEN_STATUS,
    Transient,
    retry_after,
)
from semcoder.teacher.settings import TeacherSettings

FAILURES = (openai.APIError, ValueError, AttributeError, LookupError, TypeError)
"""What comes of a request that failed, or of an answer that is not of the protocol's form."""


class Failures:
    """The failures of one server, asked with one key."""

    def __init__(self, settings: TeacherSettings, key: str) -> None:
        self._settings, self._key = settings, key

    @property
    def place(self) -> str:
        """The server, for a reader."""
        return self._settings.base_url or "the teacher's server"

    def meaning(self, error: Exception, model: str) -> Refusal:
        """What a failed request means: a Refusal, or Transient or UserError raised."""
        if isinstance(error, openai.APIStatusError):
            return self._status(error, model)
        if isinstance(error, openai.APIConnectionError):
            what = f"{type(error).__name__}: {self.redacted(error.__cause__ or error)}"
            raise Transient(what, too_much=isinstance(error, openai.APITimeoutError)) from None
        raise Transient(f"an answer that is none: {self.redacted(error)}") from None

    def _status(self, error: openai.APIStatusError, model: str) -> Refusal:
        """What an HTTP status means: a Refusal, or Transient or UserError raised."""
        code, what = error.status_code, f"HTTP {error.status_code}: {self.redacted(error.message)}"
        if code in (401, 403):
            raise UserError(
                f"{self.place}: refused the key (HTTP {code}); put a valid one in the environment variable "
                f"{self._settings.key_variable or '(none is configured)'}."
            ) from None
        if code == 429 and error.code == "insufficient_quota":
            raise UserError(
                f"{self.place}: the account's quota is used up; mend that and run again."
            ) from None
        if code in TRANSIENT_STATUS or code >= 500:
            wait_s = retry_after(error.response.headers)
            raise Transient(what, wait_s, too_much=code in TOO_MUCH) from None
        if code in UNTAKEN_STATUS and CANNOT_TAKE.search(error.message):
            return Refusal("the server cannot take it", what)
        raise UserError(
            f"{self.place}: cannot serve {model} ({what}); mend the teacher's settings."
        ) from None

    def redacted(self, error: BaseException | str) -> str:
        """What an error says, in at most 300 characters and without the key."""
        text = " ".join(str(error).split()) or type(error).__name__
        return (text.replace(self._key, "***") if len(self._key) > 4 else text)[:300]
