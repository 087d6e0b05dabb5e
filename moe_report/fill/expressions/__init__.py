"""Expressions of a template, such as ``{{ m.hidden_size | thousands }}``.

In comes a text, out comes what gives its value for a report. Jinja parses and evaluates it: its
sandbox calls hooks for calculations (``"a" * 10**10`` is refused), for names and for calls
(``sandbox``). By hand is done what Jinja has no hook for, or does otherwise:

- Errors are found before there is a report, in a branch that is not taken as well, and with the
  nearest name: ``m.totl_params``. Jinja knows no kinds or units: ``models | si``
  (``static_check``).
- A missing number is an empty cell, and an error where it is calculated with:
  ``m.sliding_window + 1`` (``scope``).
- Values have an order among their like only, where Python takes TRUE for 1: ``true < 2``
  (``values``).
- ``~`` writes TRUE and 128 as Excel does, not True and 128.0, and no longer a text than a cell can
  hold: ``m.num_experts ~ true`` (``values``).
- Filters have units, and what is the same in all rows is worked out once:
  ``models | sum(attribute="num_experts") | si`` (``filters``).

Start at ``expression``.
"""
