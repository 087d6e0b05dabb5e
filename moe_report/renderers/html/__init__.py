"""A report as one page that loads nothing.

In comes a Report, out come the bytes of an HTML file. Start at ``render``: it turns the report into
the plain data of ``page``, which a template of ``templates/`` shows. ``tables``, ``findings``,
``formulas``, ``guide``, ``calculator`` and ``charts`` each make a part of it; ``packed`` is the
data that the page's scripts read, and ``templating`` finds the templates and says what is wrong
with one.
"""
