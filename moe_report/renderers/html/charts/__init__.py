"""Charts of the page: what they show, where their marks stand, and their labels.

In come columns of a report, out come shapes for a template to draw. Start at ``figures``, which
chooses the models and writes the words; ``plots`` and ``scatter`` draw, with the axes and shapes of
``shapes`` and the room that ``labels`` finds.
"""
