"""The bench of films runs on tiny ones; how fast is never tested."""

import numpy as np
import pytest

pytest.importorskip("av", reason="PyAV is not installed")


def test_films_of_every_length_are_edited_and_timed_stage_by_stage(monkeypatch):
    import bench.film as part

    monkeypatch.setattr(part, "time_film", lambda path, seconds, size: shot_and_measured(part, path, seconds, size))
    table = part.bench_film(lengths=(1,), size=(320, 180))
    rows = {str(row[0]): row[1] for row in table.rows}
    assert rows["frames"] == rows["of them edited"] == part.FPS
    assert rows["runs of the detector"] == 1
    assert rows["frames/s"] > 0
    assert rows["peak memory, MiB"] >= rows["before the film, MiB"] > 50
    assert {name for name in rows if name.endswith(", ms")} == {f"{stage}, ms" for stage in part.STAGES}


def shot_and_measured(part, path, seconds, size):
    """Measure in this process, which is enough to see that it works."""
    part.shoot(path, seconds, size)
    return part.measure_edit(path)


def test_the_camera_of_the_bench_moves_and_keeps_the_face_in_sight():
    from bench.film import held_camera

    frames = list(held_camera(1, (320, 180)))
    assert [frame.time for frame in frames[:3]] == [0, 0.04, 0.08]
    assert np.abs(frames[0].pixels.astype(int) - frames[-1].pixels).mean() > 5
    assert frames[0].pixels.shape == (180, 320, 3)
