"""The values of a filled workbook's formulas, computed by a program that calculates.

What comes in is a package whose formulas lost their stored values, and what was filled in; what
goes out is the same package with those values that can be relied upon. ``formulas`` says which
formulas those are, ``excerpt`` makes the workbook of bare cells that an engine gets to see,
``engines`` runs one, and ``fill/computed_values.py`` brings them together: start there.
"""
