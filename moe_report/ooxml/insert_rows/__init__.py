"""Whole rows put into a sheet: whatever stands below moves, in every part of the package.

In come a package and an :class:`~moe_report.ooxml.references.Insertion`; out comes the package,
changed, with what to tell the user, or every obstacle by name and the package as it was. The new
rows are left free for who writes them.

Start at ``insert``, which goes through the parts. What moves in them is one table, in
``moved_places``: to let something else move, add a line there. Its rules are in ``common_rules``,
and those for single elements in ``sheet_rules`` and ``part_rules``. ``shifts`` and ``formulas`` say
where rows, areas and references are afterwards, ``cells`` goes through the cells of a sheet, and
``vml`` through the shapes of notes.
"""
