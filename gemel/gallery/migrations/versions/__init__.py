"""One module a format, from the one before it."""
