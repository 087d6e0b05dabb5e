"""A workbook, or several inputs, become a table of models.

In come files, out comes a ModelTable with every problem found. Start at ``inputs``, which takes
whatever a user names; ``workbook`` reads one file of ``sheets``, be it an .xlsx, a ``text_table``
or an ``other_workbook``. ``models_sheet`` is the way through a sheet of models: its ``layout``
(where the headers are), its ``columns`` (what each is, also by the user's ``decisions``), its rows
without ``summaries``, and each row in ``models_rows``. The other sheets have a module each.
"""
