"""The three-dimensional head: its shape, its action units, its picture. To add a step, write a file of pure functions.

Lengths are centimetres in the head's own frame (x to the person's left, y up, z out of the face) and pixels in a
picture (x right, y down, depth towards the camera; the first pixel's centre is (0.5, 0.5)).
"""
