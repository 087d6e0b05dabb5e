"""A workbook, or several inputs, become a table of models.

In come files, out comes a ModelTable with every problem found. Start at ``inputs``, which takes
whatever a user names; ``workbook`` reads one of them, and each sheet has a module of its name,
above ``grid``, the cells. Which column is which is found in ``models_header``.
"""
