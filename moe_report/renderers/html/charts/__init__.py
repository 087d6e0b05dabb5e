"""Charts of the page: what they show, where their marks stand, and their labels.

In come charts of a report, out come shapes for a template to draw. Start at ``figures``, which
chooses rows and writes captions; ``plots`` and ``points`` draw, with the axes and shapes of
``shapes`` and the room that ``labels`` finds.
"""
