"""A report as an annotated workbook with live formulas.

In comes a Report, out come the bytes of an .xlsx file. Start at ``render``.
"""
