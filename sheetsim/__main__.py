"""`python -m sheetsim`."""

from sheetsim.cli import main

main(prog_name="sheetsim")
