"""What led to an error."""

from __future__ import annotations


def with_origins(error: BaseException) -> list[BaseException]:
    """Give an error and all errors that led to it."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and not any(one is other for other in found):
            found.append(one)
            waiting += [one.__cause__, one.__context__]
    return found


def interruption_behind(error: BaseException) -> BaseException | None:
    """Return the Ctrl-C or the end that an error arose from.

    What a signal's handler raises passes through whatever is at work. A library may stumble over it
    while it clears up, as the writer of `torch.save` does, and raise an error of its own instead.
    """
    ends = (one for one in with_origins(error) if isinstance(one, KeyboardInterrupt | SystemExit))
    return next(ends, None)
