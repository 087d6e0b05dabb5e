"""A recorded expression and its readings: values, an Excel formula, MathML, JavaScript.

In comes what a metric's function makes of symbols, out come a column of numbers (``operations``;
of very many rows ``compiled``) and texts (``excel``, ``mathml``, ``javascript``). Start at
``expr``.
"""
