"""Data sets that can be read. To add one, write its file here and add its line below."""

from mienkit.data.reader import READERS as READERS
from mienkit.data.readers import folder as folder
from mienkit.data.readers import mediapipe_table as mediapipe_table
from mienkit.data.readers import reexpressed_table as reexpressed_table
