"""`python -m stopbook`: the same as the command `stopbook`."""

from stopbook.cli import main

main()
