"""Rare expressions of a face table made less rare: rows that an editor made and that a judge found to show them.

The parts: ``request`` says what is wanted, ``census`` who shows what, ``plan`` how many are to be made, ``queue`` whom
to change next, ``attempt`` edits and checks, ``notebook`` remembers what was done, ``augment`` puts them together.
To add a reason for leaving a face out, write its line in ``attempt.Reason``.
"""

from mienkit.app.augment.augment import augment_table as augment_table
from mienkit.app.augment.augment import plan_table as plan_table
from mienkit.app.augment.plan import ClassPlan as ClassPlan
from mienkit.app.augment.report import AugmentReport as AugmentReport
from mienkit.app.augment.request import AugmentRequest as AugmentRequest
from mienkit.app.augment.tools import Tools as Tools
from mienkit.app.augment.tools import load_tools as load_tools
