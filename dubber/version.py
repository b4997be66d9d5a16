"""The version, in one place: the package, the reports and every content key read it here."""

VERSION = "0.1.0"
