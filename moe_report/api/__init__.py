"""What the commands and a notebook have in common: read, compute, write; nothing here prints.

In comes what was asked (``asked``: inputs, sections, the words of a report); out come a report and
files, with what is to be said of them as texts.

Start at ``door``, which is ``moe_report.report``. ``prepare`` chooses sections, reads and computes;
``write_reports`` renders every format before it writes the first, and ``outputs`` knows what may be
overwritten. ``reported`` is the Report that a notebook has in hand, a ``row`` of it one model,
``frames`` and ``headline_table`` are what it shows.
"""
