"""Counts of the tokens that experts get, and where to place experts so that devices share them.

In come :class:`~moe_report.routing.counts.Counts`, which ``load`` reads from files. Out go
measures of their ``imbalance``, a ``placement`` of experts and replicas on devices, and the files
that engines take one from (``placement_files``). Start at ``placement``.
"""
