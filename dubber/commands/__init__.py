"""The commands of `dub`, a file a family: each parses, calls `dubber` and prints.
`cli.py` joins them."""
