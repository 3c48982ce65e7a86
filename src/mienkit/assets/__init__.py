"""Optional files: found in ``MIENKIT_ASSETS``, brought by ``mien fetch``. To add one, see ``catalogue.py``."""
