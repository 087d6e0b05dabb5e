"""Expressions of a template, such as ``{{ m.total_params | billions }}``.

In comes a text, out comes what gives its value for a report. Start at ``expression``.
"""
