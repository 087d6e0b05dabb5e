"""A table of models becomes a report.

In come a ModelTable and a registry, out comes a Report, evaluated and audited. Start at ``build``.
"""
