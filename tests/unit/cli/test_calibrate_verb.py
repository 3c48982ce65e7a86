"""``mien calibrate`` on the command line."""

import pytest

from mienkit.cli import main


def test_a_judge_that_cannot_look_at_new_pictures_is_refused_before_the_work_starts(tmp_path, capsys):
    for option in ("--judge", "--beside"):
        given = ["openface=outputs.csv"] if option == "--judge" else ["openface=outputs.csv", "--judge", "meter"]
        ask = ["calibrate", "duchenne", "--table", str(tmp_path), "-o", str(tmp_path / "out"), option, *given]
        assert main(ask) == 2
        said = " ".join(capsys.readouterr().err.split())
        assert "knows only pictures that OpenFace has measured before" in said
        assert "take judge, meter, mediapipe, pyfeat" in said


@pytest.mark.parametrize("levels", ["0,nan,0.5,0.7,1", "0,0.5,1", "0.1,0.4,0.6,1", "0,0.6,0.4,1", "0,0.3,inf,1"])
def test_levels_that_do_not_rise_from_0_to_1_are_refused(levels, tmp_path, capsys):
    assert (
        main(["calibrate", "duchenne", "--table", str(tmp_path), "-o", str(tmp_path / "out"), "--levels", levels]) == 2
    )
    assert "--levels should be at least four numbers that rise from 0 to 1" in capsys.readouterr().err
