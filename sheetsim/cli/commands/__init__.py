"""Each module holds the `command` of its name."""
