"""Which column of a workbook is which: headers as people write them, in many languages.

Start reading in ``headers``, which asks all the others: ``text`` undresses a header, ``units`` sets
its unit aside, ``lexicon`` turns its words (``words``) into concepts, ``phrasebook`` compares these
with the phrases of each field (``phrases``), metric and assumption, ``reader`` decides what they
mean together, ``values`` what the cells below say of it, and ``exact`` knows documented spellings.
The vocabulary is loaded by whoever reads a header, as it takes a while.
"""
