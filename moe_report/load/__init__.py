"""A workbook, or several inputs, become a table of models.

In come files, out comes a ModelTable with every problem found. Start at ``inputs``.
"""
