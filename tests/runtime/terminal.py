"""A terminal to run programs in, and what its screen shows."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def run_in_terminal(command: list[str], *, cwd: Path, columns: int = 80) -> tuple[str, int]:
    """Run a command in a terminal; return all that it wrote there, and its exit status."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(cwd)
        os.environ["COLUMNS"] = ""
        del os.environ["COLUMNS"]
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        os.execvp(command[0], command)  # noqa: S606, a test's own command
    written = bytearray()
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the process has ended
            break
        if not part:
            break
        written += part
    os.close(terminal)
    _, status = os.waitpid(process, 0)
    return written.decode(), os.waitstatus_to_exitcode(status)


class Screen:
    """The lines of a terminal that knows line breaks, carriage returns and moving up.

    Args:
        columns: its width; longer lines stay one line.
    """

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.lines = [""]
        self.column = 0

    def feed(self, text: str) -> None:
        """Show a text."""
        for letter in text:
            if letter == "\n":
                self.lines.append("")
                self.column = 0
            elif letter == "\r":
                self.column = 0
            else:
                line = self.lines[-1].ljust(self.column)
                self.lines[-1] = line[: self.column] + letter + line[self.column + 1 :]
                self.column += 1

    def text(self) -> list[str]:
        """Return the lines that are not blank, without blanks at their ends."""
        return [line.rstrip() for line in self.lines if line.strip()]
