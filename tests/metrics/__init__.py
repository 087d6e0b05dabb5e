"""Numbers of the built-in sections against published ones."""
