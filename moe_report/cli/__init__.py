"""The commands: parse, call, print.

In comes a command line, out come files and lines on the terminal. Start at ``main``.
"""
