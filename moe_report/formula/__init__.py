"""A recorded expression and its readings: values, an Excel formula, MathML, JavaScript.

In comes a metric's function called with symbols, out come the readings. Start at ``expr``.
"""
