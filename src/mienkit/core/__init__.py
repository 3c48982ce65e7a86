"""Contracts that everybody shares: batches, recipes, tasks, registries, configs, errors, names of units and emotions.

No I/O, no network and no framework but torch belongs here. To add a kind of batch or a task, write its class beside its
kin in ``batch.py`` or ``task.py``.
"""
