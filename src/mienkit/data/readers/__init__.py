"""Data sets that can be read. To add one, write its file here and add its line below."""

from mienkit.data.reader import READERS as READERS
from mienkit.data.readers import ckplus as ckplus
from mienkit.data.readers import emotionet as emotionet
from mienkit.data.readers import folder as folder
from mienkit.data.readers import mediapipe_table as mediapipe_table
from mienkit.data.readers import mug as mug
from mienkit.data.readers import openface as openface
from mienkit.data.readers import oulu_casia as oulu_casia
from mienkit.data.readers import rafd as rafd
from mienkit.data.readers import reexpressed_table as reexpressed_table
from mienkit.data.readers import table as table
