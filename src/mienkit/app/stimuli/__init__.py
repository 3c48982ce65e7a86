"""Stimulus sets of studies: a design in, pictures and clips out, each with its measured record.

The parts: ``design`` and ``design_file`` say what is wanted, ``scene`` prepares a person, ``attempt`` edits and checks,
``finish`` treats and writes, ``row`` is a line of the codebook, ``study`` puts them together, ``verify`` makes it
again.
To add an option of the look, write its field in ``design.Look``, its line in ``design_file``, its step in ``finish``.
"""

from mienkit.app.stimuli.design import Design as Design
from mienkit.app.stimuli.design_file import read_design as read_design
from mienkit.app.stimuli.studio import Studio as Studio
from mienkit.app.stimuli.studio import open_studio as open_studio
from mienkit.app.stimuli.study import StudyReport as StudyReport
from mienkit.app.stimuli.study import make_study as make_study
from mienkit.app.stimuli.verify import VerifyReport as VerifyReport
from mienkit.app.stimuli.verify import verify_study as verify_study
