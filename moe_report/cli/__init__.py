"""The commands: parse, call, print.

In comes a command line, out come files and lines on the terminal. Start at ``main``, which has the
commands; ``options`` are what several of them share, ``prepare`` is what they do before they print.
"""
