"""A photo -> faces -> aligned crops -> landmarks, AUs, emotion, pose; and back. To add a detector, see ``detector.py``."""
