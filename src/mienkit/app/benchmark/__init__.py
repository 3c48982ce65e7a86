"""``mien benchmark``: every model on the same faces; lines of results that join across machines, and one page of all.

A protocol is a ``Stage`` with its own file (``photos``, ``exact``, ``moving``); to add one, write its file and name it
in ``plan.py``. Everything a page shows is in the lines and their pictures: ``report`` asks no model.
"""
