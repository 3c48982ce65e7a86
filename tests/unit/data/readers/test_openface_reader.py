"""OpenFace: CSV files of several versions, joined to pictures in several places."""

import numpy as np
import pytest

from layouts import (
    OPENFACE_PRESENT,
    OPENFACE_UNITS,
    make_openface,
    number_lines,
    openface_heading,
    openface_row,
    write_pictures,
    write_texts,
)
from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX
from mienkit.core.errors import ConfigError, DataError
from mienkit.data.reader import open_reader


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "measured"
    folder.mkdir()
    make_openface(folder)
    return folder


def read(folder, **settings):
    return {one.source_id: one for one in open_reader("openface", folder, settings).samples()}


def unit(sample, name):
    return float(sample.aus[AU_INDEX[name]])


def test_the_made_heading_is_that_of_openface():
    assert len(openface_heading("clip").split(",")) == 714
    assert len(OPENFACE_UNITS) == 17
    assert len(OPENFACE_PRESENT) == 18


def test_pictures_clips_and_aligned_frames_are_joined(place):
    samples = read(place)
    assert list(samples) == [
        "anna.jpg",
        "clip_aligned/frame_det_00_000001.bmp",
        "clip_aligned/frame_det_00_000002.bmp",
        "clip_aligned/frame_det_00_000004.bmp",
        "old/00000.jpg",
        "old/00001.jpg",
        "ben.PNG",
    ]
    assert len(open_reader("openface", place)) == 7


def test_intensities_are_a_fifth_and_at_most_one(place):
    samples = read(place)
    assert unit(samples["anna.jpg"], "AU12") == 0.5
    assert unit(samples["ben.PNG"], "AU45") == 1
    assert unit(samples["clip_aligned/frame_det_00_000004.bmp"], "AU4") == pytest.approx(0.8)
    assert unit(samples["anna.jpg"], "AU1") == 0


def test_the_measurer_names_version_and_scale(place):
    measurers = {name: one.au_measurer for name, one in read(place).items()}
    assert measurers["old/00000.jpg"] == "OpenFace 1, 0 to 5 as 0 to 1"
    assert {measurers[name] for name in ("anna.jpg", "ben.PNG", "clip_aligned/frame_det_00_000001.bmp")} == {
        "OpenFace 2, 0 to 5 as 0 to 1"
    }


def test_the_largest_face_of_a_picture_counts_with_its_place(place):
    anna = read(place)["anna.jpg"]
    np.testing.assert_allclose(anna.landmarks, [[10 + 2 * index, 20 + 2 * index] for index in range(68)])
    np.testing.assert_allclose(anna.pose, np.rad2deg([-0.2, 0.1, -0.3]), rtol=1e-5)
    assert (anna.sequence, anna.frame) == (None, None)


def test_aligned_frames_lose_what_belonged_to_the_video(place):
    samples = read(place)
    assert samples["clip_aligned/frame_det_00_000001.bmp"].landmarks is None
    assert samples["clip_aligned/frame_det_00_000001.bmp"].pose is None
    assert samples["old/00000.jpg"].landmarks is not None


def test_frames_of_a_clip_share_sequence_and_person(place):
    samples = read(place)
    clip = [one for name, one in samples.items() if name.startswith("clip_aligned")]
    assert [(one.sequence, one.frame, one.subject) for one in clip] == [
        ("measured-clip", number, "measured-clip") for number in (1, 2, 4)
    ]
    assert [one.frame for name, one in samples.items() if name.startswith("old")] == [1, 2]


def test_failed_frames_and_what_has_no_partner_are_counted(place):
    reader = open_reader("openface", place)
    list(reader.samples())
    assert reader.left_out.examples == {
        "smaller face of a picture": ["anna.csv"],
        "OpenFace failed or was not sure": ["clip.csv line 4"],
        "row is cut off or holds no numbers": ["clip.csv line 6"],
        "no picture of the CSV's name in its folder, above or beside it": ["processed/gone.csv"],
        "CSV is not OpenFace's": ["scores.csv"],
    }


def test_confidence_may_be_asked_for(place):
    assert "anna.jpg" not in read(place, confidence="0.95")
    with pytest.raises(ConfigError, match="confidence"):
        read(place, confidence="2")


def test_folders_name_persons_on_request(tmp_path):
    heading = openface_heading("picture")
    for name in ("ann/1", "ann/2", "bob/1"):
        write_pictures(tmp_path, [f"{name}.jpg"])
        write_texts(tmp_path, {f"{name}.csv": heading + openface_row(heading, confidence=1)})
    source = tmp_path.name
    assert [one.subject for one in read(tmp_path).values()] == [
        f"{source}-{name}" for name in ("ann/1", "ann/2", "bob/1")
    ]
    assert [one.subject for one in read(tmp_path, subjects="folder").values()] == [
        f"{source}-{name}" for name in ("ann", "ann", "bob")
    ]


def test_pictures_beside_the_folder_of_results_are_found(tmp_path):
    heading = openface_heading("picture")
    write_pictures(tmp_path, ["images/ann.jpg"])
    write_texts(tmp_path, {"processed/ann.csv": heading + openface_row(heading, confidence=1)})
    assert list(read(tmp_path)) == ["images/ann.jpg"]


def test_a_unit_that_a_version_lacks_stays_unknown(tmp_path):
    heading = openface_heading("clip", units=tuple(name for name in OPENFACE_UNITS if name != "AU07_r"))
    write_pictures(tmp_path, ["walk/1.jpg"])
    write_texts(tmp_path, {"walk.csv": heading + openface_row(heading, frame=1, confidence=1, success=1)})
    (sample,) = read(tmp_path).values()
    assert [name for name, value in zip(ACTION_UNITS, sample.aus, strict=True) if np.isnan(value)] == ["AU7"]


def test_missing_numbers_are_unknown(tmp_path):
    heading = openface_heading("picture")
    row = openface_row(heading, confidence=1).split(",")
    row[heading.split(",").index("AU01_r")] = " -nan(ind)"
    write_pictures(tmp_path, ["ann.jpg"])
    write_texts(tmp_path, {"ann.csv": heading + ",".join(row)})
    assert np.isnan(unit(read(tmp_path)["ann.jpg"], "AU1"))


def test_files_without_units_are_named_all_at_once(tmp_path):
    write_texts(tmp_path, {f"{name}.csv": "frame, face_id, timestamp, confidence, success\n" for name in "ab"})
    with pytest.raises(DataError, match=r"2 broken labels.*a\.csv: has no column AU01_r.*-aus; b\.csv"):
        read(tmp_path)


def test_a_clip_with_too_few_pictures_is_left_out(tmp_path):
    heading = openface_heading("clip")
    rows = [openface_row(heading, frame=number, confidence=1, success=1) for number in (1, 2)]
    write_texts(tmp_path, {"walk.csv": heading + "".join(rows), "run.csv": heading + rows[0]})
    write_pictures(tmp_path, ["walk/1.jpg", "run/1.jpg"])
    reader = open_reader("openface", tmp_path)
    assert [one.source_id for one in reader.samples()] == ["run/1.jpg"]
    assert reader.left_out.counts == {"no folder of the clip's name with a picture for each frame, nor NAME_aligned": 1}


def test_an_aligned_frame_that_was_deleted_is_told(place):
    (place / "clip_aligned" / "frame_det_00_000002.bmp").unlink()
    reader = open_reader("openface", place)
    assert len(list(reader.samples())) == 6
    assert reader.left_out.examples["frame has no picture"] == ["clip.csv frame 2"]


def test_legacy_landmarks_are_read_where_there_is_no_csv(tmp_path):
    points = number_lines(*((index, 2 * index) for index in range(68)))
    head = "version: 1\nnpoints: 68\n{\n"
    write_pictures(tmp_path, ["ann.jpg", "ben.jpg"])
    write_texts(
        tmp_path,
        {
            "ann_det_0.pts": head + points + "}\n",
            "ann_det_1.pts": head + number_lines(*[(9, 9)] * 68) + "}\n",
            "ben.pts": head.replace("npoints", "n_points") + points + "}",
            "gone.pts": head + points + "}",
        },
    )
    reader = open_reader("openface", tmp_path)
    samples = {one.source_id: one for one in reader.samples()}
    assert list(samples) == ["ann.jpg", "ben.jpg"]
    np.testing.assert_allclose(samples["ann.jpg"].landmarks, [[index, 2 * index] for index in range(68)])
    assert samples["ann.jpg"].au_measurer is None
    assert reader.left_out.counts == {"landmarks without a picture of their name beside them": 1}


def test_broken_legacy_landmarks_are_named_all_at_once(tmp_path):
    write_pictures(tmp_path, ["ann.jpg", "ben.jpg"])
    write_texts(tmp_path, {"ann.pts": "version: 1\n1 2\n", "ben.txt": number_lines(*[(1, float("nan"))] * 68)})
    with pytest.raises(DataError, match=r"2 broken labels.*ann\.pts: should hold 68.*ben\.txt: holds a landmark"):
        read(tmp_path)


def test_a_picture_with_two_csv_files_is_one_sample(tmp_path):
    heading = openface_heading("picture")
    write_pictures(tmp_path, ["ann.jpg"])
    for name in ("ann.csv", "processed/ann.csv"):
        write_texts(tmp_path, {name: heading + openface_row(heading, confidence=1)})
    reader = open_reader("openface", tmp_path)
    assert [one.source_id for one in reader.samples()] == ["ann.jpg"]
    assert reader.left_out.examples == {"second CSV of a picture": ["processed/ann.csv"]}


def test_the_first_of_two_aligned_faces_is_the_clips(tmp_path):
    heading = openface_heading("clip")
    write_texts(tmp_path, {"walk.csv": heading + openface_row(heading, frame=1, confidence=1, success=1)})
    write_pictures(tmp_path, [f"walk_aligned/frame_det_{face:02d}_000001.bmp" for face in (0, 1)])
    assert list(read(tmp_path)) == ["walk_aligned/frame_det_00_000001.bmp"]
