"""What a model is made of, and what a metric is: fields, assumptions, metrics, names of columns.

In come installed plugins, out comes a registry of sections. Start at ``fields``, then ``metrics``.
"""
