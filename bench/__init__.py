"""How fast mienkit is on this machine: ``python -m bench``. To measure more, add a function that returns a Table."""
