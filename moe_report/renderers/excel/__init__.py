"""A report as an annotated workbook with live formulas.

In comes a Report, out come the bytes of an .xlsx file. Start at ``render``: it makes a ``Book`` of
one ``Sheet`` a name, and lets a module a sheet (``models_sheet``, ``summary_sheet`` and so on) fill
each. Cells and notes are streamed as XML; all else of a sheet openpyxl writes. ``palette`` has the
styles, ``charts`` places what ``bar_charts`` and ``point_charts`` draw, and by ``record`` an update
finds our own cells.
"""
