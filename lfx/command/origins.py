"""The errors that led to an error."""

from __future__ import annotations


def with_origins(error: BaseException) -> list[BaseException]:
    """Return an error and all errors that led to it."""
    origins: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop()
        if cause is not None and not any(cause is other for other in origins):
            origins.append(cause)
            waiting += [cause.__cause__, cause.__context__]
    return origins


def interruption_behind(error: BaseException) -> BaseException | None:
    """Return the KeyboardInterrupt or SystemExit that led to an error.

    The error that a signal's handler raises interrupts any code. A library may fail in its cleanup,
    as the writer of `torch.save` does, and raise another error instead.
    """
    ends = KeyboardInterrupt | SystemExit
    return next((cause for cause in with_origins(error) if isinstance(cause, ends)), None)
