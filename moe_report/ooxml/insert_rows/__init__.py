"""Whole rows put into a sheet: whatever stands below moves, in every part of the package.

In come a package and an insertion, out comes the package changed. Start at ``insert``.
"""
