"""Expressions of a template, such as ``{{ m.total_params | billions }}``.

In comes a text, out comes what gives its value for a report. Jinja parses and evaluates it, in the
sandbox of ``sandbox``. What Jinja cannot do is done here:

- Errors are found before there is a report, in a branch that is not taken as well, and with the
  nearest name: ``m.totl_params``. Jinja knows no kinds or units: ``models | si``
  (``static_check``).
- A missing number is an empty cell, and an error where it is calculated with (``scope``).
- Python compares TRUE with 2, and puts 8 in a text: ``true < 2`` (``values``).
- Python writes True and 128.0 where Excel has TRUE and 128: ``m.num_experts ~ ""`` (``values``).
- Filters with units, and what is the same in every row worked out once:
  ``models | sum(attribute="total_params") | si`` (``filters``).

Start at ``expression``.
"""
