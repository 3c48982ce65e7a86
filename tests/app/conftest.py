"""Fixtures shared by everything that needs a face."""

from fakes import fake_editor, fake_instruments, no_face, photo, workshop

__all__ = ["fake_editor", "fake_instruments", "no_face", "photo", "workshop"]
