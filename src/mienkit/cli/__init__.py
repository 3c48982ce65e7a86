"""The command line: one file a verb, parse -> app -> print. To add a verb, write its file and add its line below.

Verbs import what they need when they are called: ``mien --help`` must not wait for torch.
"""

from mienkit.cli.program import program as program

from mienkit.cli import edit as edit  # isort: skip
from mienkit.cli import transfer as transfer  # isort: skip
from mienkit.cli import animate as animate  # isort: skip
from mienkit.cli import sample as sample  # isort: skip
from mienkit.cli import measure as measure  # isort: skip
from mienkit.cli import demo as demo  # isort: skip
from mienkit.cli import prepare as prepare  # isort: skip
from mienkit.cli import draw as draw  # isort: skip
from mienkit.cli import render as render  # isort: skip
from mienkit.cli import reexpress as reexpress  # isort: skip
from mienkit.cli import augment as augment  # isort: skip
from mienkit.cli import data as data  # isort: skip
from mienkit.cli import train as train  # isort: skip
from mienkit.cli import evaluate as evaluate  # isort: skip
from mienkit.cli import benchmark as benchmark  # isort: skip
from mienkit.cli import stimuli as stimuli  # isort: skip
from mienkit.cli import calibrate as calibrate  # isort: skip
from mienkit.cli import models as models  # isort: skip
from mienkit.cli import new as new  # isort: skip
from mienkit.cli import fetch as fetch  # isort: skip
from mienkit.cli import doctor as doctor  # isort: skip

from mienkit.cli.entry import main as main  # isort: skip
from mienkit.cli.entry import run as run  # isort: skip
