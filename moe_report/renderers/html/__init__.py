"""A report as one page that loads nothing.

In comes a Report, out come the bytes of an HTML file. Start at ``render``.
"""
