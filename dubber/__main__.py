"""`python -m dubber` is the command `dub`."""

from cli import main

main()
