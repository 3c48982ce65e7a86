"""A photo -> faces -> aligned crops -> landmarks, AUs, emotion, pose; and back.

To add a detector, see ``detector.py``.
"""

from mienkit.face import detectors as detectors
