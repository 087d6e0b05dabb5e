"""Changes in a user's workbook: rows appended, problems marked, a report written anew.

In come a package and what is to change, out comes the package. Start at ``append``.
"""
