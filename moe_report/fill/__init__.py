"""Workbooks of people's own are filled: the cells that they asked for change, and nothing else.

In come a template and a Report, out comes a filled workbook. Start at ``fill``.
"""
