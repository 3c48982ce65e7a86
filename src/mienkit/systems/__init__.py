"""Our systems. To add one, write its file here and add its line below."""

from mienkit.systems import duchenne as duchenne
from mienkit.systems import ganimation as ganimation
from mienkit.systems import judge as judge
from mienkit.systems import landmark_transfer as landmark_transfer
from mienkit.systems import lgpgan as lgpgan
from mienkit.systems import meter as meter
from mienkit.systems import morphable as morphable
from mienkit.systems import motiongan as motiongan
from mienkit.systems import texturegan as texturegan
