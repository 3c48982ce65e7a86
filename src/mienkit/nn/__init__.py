"""Blocks and networks that two or more models use. To add one, move it here when its second user appears."""
