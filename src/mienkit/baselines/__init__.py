"""What systems are compared with. To add one, write its file here and add its line below."""

from mienkit.baselines import attgan as attgan
from mienkit.baselines import copy as copy
from mienkit.baselines import stargan as stargan
from mienkit.baselines import warp as warp
