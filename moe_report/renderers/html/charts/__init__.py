"""Charts of the page: what they show, where their marks stand, and their labels.

In come columns of a report, out come shapes for a template to draw. Start at ``figures``.
"""
