"""Face detectors, one file each. To add one, write its file here and add its line below."""

from mienkit.face.detectors import dlib as dlib
from mienkit.face.detectors import mediapipe as mediapipe
