"""Frames are seen on faces made of a few strokes."""

import cv2
import numpy as np

from mienkit.morphable.glasses import FRAMED, frame_bend, frame_strength

EYES = np.array([[88, 110], [168, 110]])


def marks() -> np.ndarray:
    """Landmarks of which only the eyes have a place of their own."""
    points = np.zeros((68, 2))
    points[36:42], points[42:48] = EYES
    return points


def bare_face() -> np.ndarray:
    """A light face with dark eyes and brows, and a nose that shades off, (256, 256, 3)."""
    picture = np.full((256, 256, 3), (205, 160, 135), np.uint8)
    for x, y in EYES.tolist():
        cv2.ellipse(picture, (x, y), (16, 6), 0, 0, 360, (60, 45, 40), -1)
        cv2.ellipse(picture, (x, y - 26), (22, 3), 0, 0, 360, (80, 60, 50), -1)
    return cv2.GaussianBlur(picture, (0, 0), 1.0)


def with_frame(picture: np.ndarray) -> np.ndarray:
    framed = picture.copy()
    for x, y in EYES.tolist():
        cv2.rectangle(framed, (x - 32, y - 20), (x + 30, y + 26), (30, 20, 20), 4, cv2.LINE_AA)
    cv2.line(framed, (112, 104), (144, 104), (30, 20, 20), 4, cv2.LINE_AA)
    return framed


def test_a_frame_is_seen_and_bare_skin_has_none():
    assert frame_strength(with_frame(bare_face()), marks()) > FRAMED
    assert frame_strength(bare_face(), marks()) < FRAMED / 3


def test_a_frame_is_seen_in_a_turned_and_larger_picture():
    turn = cv2.getRotationMatrix2D((128, 128), 15, 1.0) * 1.5
    picture = cv2.warpAffine(with_frame(bare_face()), turn, (384, 384), borderValue=(205, 160, 135))
    assert frame_strength(picture, marks() @ turn[:, :2].T + turn[:, 2]) > FRAMED


def test_only_what_moves_beside_the_rest_bends_a_frame():
    flow = np.full((256, 256, 2), 7.0, np.float32)
    assert frame_bend(flow, marks()) < 1e-5
    flow[:90] += 8
    assert frame_bend(flow, marks()) > 0.1
