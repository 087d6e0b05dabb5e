"""Packages of .xlsx files: read behind a guard, changed part by part. Knows nothing of models.

In come the bytes of a file, out come the same with what was asked for changed. Start at
``package``.
"""
