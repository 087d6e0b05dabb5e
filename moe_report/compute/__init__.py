"""A table of models becomes a report.

In comes a ModelTable, out comes a Report, evaluated and audited. Start at ``build``.
"""
