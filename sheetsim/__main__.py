"""The program `sheetsim`, and `python -m sheetsim`."""

import sys

from sheetsim.errors import INTERRUPTED, is_interrupt

__all__ = ["main"]


def main() -> None:
    """Run the command line; Ctrl-C before it has begun ends in a line too, and no traceback."""
    try:
        from sheetsim.cli import main as command_line
    except BaseException as error:
        if not is_interrupt(error):
            raise
        sys.stderr.write("sheetsim: interrupted\n")
        sys.exit(INTERRUPTED)
    command_line(prog_name="sheetsim")


if __name__ == "__main__":
    main()
