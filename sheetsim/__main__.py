"""The program `sheetsim`, and `python -m sheetsim`."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; whoever presses Ctrl-C before it has begun gets its one line too."""
    try:
        from sheetsim.cli import main as command_line
    except KeyboardInterrupt:
        sys.stderr.write("sheetsim: interrupted\n")
        sys.exit(130)
    command_line(prog_name="sheetsim")


if __name__ == "__main__":
    main()
