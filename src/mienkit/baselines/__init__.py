"""What systems are compared with. To add one, write its file here and add its line below."""

from mienkit.baselines import attgan as attgan
from mienkit.baselines import c2gan as c2gan
from mienkit.baselines import cgan as cgan
from mienkit.baselines import copy as copy
from mienkit.baselines import cyclegan as cyclegan
from mienkit.baselines import exprgan as exprgan
from mienkit.baselines import g2gan as g2gan
from mienkit.baselines import mocogan as mocogan
from mienkit.baselines import pix2pix as pix2pix
from mienkit.baselines import stargan as stargan
from mienkit.baselines import tgan as tgan
from mienkit.baselines import vgan as vgan
from mienkit.baselines import warp as warp
