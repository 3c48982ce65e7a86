"""Small data sets that lie on disk as the real ones do, quirks included; no person is in them."""

import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np

from mienkit.core.action_unit import ACTION_UNITS

Encode = Callable[[str, bool], bytes]
"""Makes a picture: (suffix, grey) -> bytes of the file."""

RAFD_EMOTIONS = ("angry", "contemptuous", "disgusted", "fearful", "happy", "neutral", "sad", "surprised")
RAFD_PEOPLE = {"01": "Caucasian_female", "10": "Caucasian_male", "64": "Kid_female", "73": "Moroccan_male"}
OULU_EMOTIONS = ("Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise")
OPENFACE_UNITS = tuple(f"AU{int(name[2:]):02d}_r" for name in ACTION_UNITS)
OPENFACE_PRESENT = sorted((*(f"{name[:4]}_c" for name in OPENFACE_UNITS), "AU28_c"))


def tiny_picture(suffix: str, grey: bool = False) -> bytes:
    """Encode a picture of 8 px."""
    pixels = np.full((8, 8) if grey else (8, 8, 3), 120, np.uint8)
    done, encoded = cv2.imencode(suffix.lower(), pixels)
    assert done
    return encoded.tobytes()


def write_pictures(folder: Path, names: Iterable[str], encode: Encode = tiny_picture, grey: bool = False) -> None:
    """Write a picture at each path; every other one of a mixed set may be grey."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(path.suffix, grey))


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Write text files."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def leave_rubbish(folder: Path) -> None:
    """Leave what file managers leave."""
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (folder / "._cover.jpg").write_bytes(b"\0\5\26\7")
    (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")


def make_rafd(folder: Path, encode: Encode = tiny_picture) -> None:
    """Four people, frontal, with all emotions; one of them from five cameras and with three gazes."""
    names = [
        f"Rafd090_{one}_{told}_{emotion}_frontal.jpg" for one, told in RAFD_PEOPLE.items() for emotion in RAFD_EMOTIONS
    ]
    names += [
        f"Rafd{angle}_10_Caucasian_male_happy_{gaze}.jpg"
        for angle in ("000", "045", "135", "180")
        for gaze in ("frontal", "left", "right")
    ]
    names[0] = names[0].replace(".jpg", ".JPG")
    names[1] = names[1].replace(".jpg", ".png")
    rest = (
        "Rafd090_01_Caucasian_female_angry_frontal_lr.jpg",
        "Rafd090_01_Caucasian_female_bored_frontal.jpg",
        "cover.jpg",
    )
    write_pictures(folder, [*names, *rest], encode)
    leave_rubbish(folder)


def number_lines(*rows: tuple[float, ...]) -> str:
    """Write numbers as all text files of CK+ do."""
    return "".join("".join(f"   {value:.7e}" for value in row) + "\n" for row in rows)


def make_ckplus(folder: Path, encode: Encode = tiny_picture, long_names: bool = False) -> None:
    """Four sequences of three people.

    S005/001 has every label; S010/001 has FACS alone, with units coded as present without an intensity and with AU27;
    S010/002 has an empty folder for its emotion; S052/001 has a contempt whose label file is spelled ``S0052``.

    Args:
        folder: where to.
        encode: makes pictures.
        long_names: the other spelling of the folders.
    """
    deep = "{}/{}" if long_names else "{1}"
    images = deep.format("extended-cohn-kanade-images", "cohn-kanade-images")
    emotion, facs = deep.format("Emotion_labels", "Emotion"), deep.format("FACS_labels", "FACS")
    points = number_lines(*((100 + index, 200 + index) for index in range(68)))
    lengths = {"S005/001": 11, "S010/001": 14, "S010/002": 5, "S052/001": 4}
    for clip, length in lengths.items():
        stems = [f"{clip}/{clip.replace('/', '_')}_{number:08d}" for number in range(1, length + 1)]
        write_pictures(folder / images, [f"{stem}.png" for stem in stems], encode, grey=clip != "S052/001")
        write_texts(folder / "Landmarks", {f"{stem}_landmarks.txt": points for stem in stems})
    write_texts(
        folder,
        {
            f"{emotion}/S005/001/S005_001_00000011_emotion.txt": number_lines((3,)),
            f"{emotion}/S052/001/S0052_001_00000004_emotion.txt": number_lines((2,)),
            f"{facs}/S005/001/S005_001_00000011_facs.txt": number_lines((9, 4), (17, 5), (24, 3), (43, 2)),
            f"{facs}/S010/001/S010_001_00000014_facs.txt": number_lines((1, 0), (2, 1), (25, 5), (27, 4)),
        },
    )
    (folder / emotion / "S010" / "002").mkdir(parents=True)
    (folder / images / "S005" / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (folder / emotion / "S005" / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")


def make_oulu_casia(folder: Path, encode: Encode = tiny_picture) -> None:
    """P001, P072, P073 and P080 in strong visible light; P001 also in the other settings; clips of five frames."""
    clips = [
        f"OriginalImg/VL/Strong/{one}/{emotion}"
        for one in ("P001", "P072", "P073", "P080")
        for emotion in OULU_EMOTIONS
    ]
    clips += [f"OriginalImg/{place}/P001/Anger" for place in ("VL/Weak", "VL/Dark", "NI/Strong", "NI/Dark")]
    clips += ["PreProcess_Img/VL_Acropped/Strong/P001/Anger", "PreProcess_Img/NI_Acropped/Weak/P001/Fear"]
    for clip in clips:
        write_pictures(folder, [f"{clip}/{number:03d}.jpeg" for number in range(5)], encode, grey="NI" in clip)
    leave_rubbish(folder / "OriginalImg" / "VL")


def make_mug(folder: Path, encode: Encode = tiny_picture) -> None:
    """Three people with clips of seven or eight frames, one of them in a doubled folder and one with sessions."""
    clips = {
        "subjects3/001/anger/take000": 7,
        "subjects3/001/anger/take001nsg": 8,
        "subjects3/001/neutral/take000": 4,
        "subjects3/002/002/happiness/take000end": 7,
        "subjects3/052/session0/surprise/take005": 7,
    }
    for clip, length in clips.items():
        write_pictures(folder, [f"{clip}/img_{number:04d}.jpg" for number in range(length)], encode)
    write_pictures(
        folder, ["subjects3/001/anger/take000/contact.jpg", "subjects3/001/still/take000/img_0000.jpg"], encode
    )
    leave_rubbish(folder / "subjects3" / "001")


def emotionet_line(name: str, units: Mapping[int, int], end: str = "") -> str:
    """Write a line of an annotation file: units that are not named are 999."""
    values = [str(units.get(unit, 999)) for unit in range(1, 61)]
    return "\t".join([f"http://example.org/people/{name}{end}", f"http://photos.example.org/x/{name}", *values]) + "\n"


FIRST_RELEASE = (1, 2, 4, 5, 6, 9, 12, 17, 20, 25, 26, 43)


def make_emotionet(folder: Path, encode: Encode = tiny_picture) -> None:
    """Five annotated pictures in three folders, one more that is missing, one annotated twice, one broken line."""
    absent = dict.fromkeys(FIRST_RELEASE, 0)
    happy, asleep = {**absent, 12: 1, 25: 1}, {**absent, 43: 1}
    first = [
        emotionet_line("N_0000000356_00190.jpg", happy),
        emotionet_line("N_0000000356_00191.jpg", asleep),
        emotionet_line("N_0000000999_00001.jpg", happy),
        "http://example.org/N_0000000356_00190.jpg\thttp\t1\t0\n",
    ]
    second = [
        emotionet_line("N_0000000357_00002.jpg", {10: 1, 15: 0, 24: 1}),
        emotionet_line("N_0000000356_00190.jpg", asleep),
        emotionet_line("N_0000000358_00003.jpg", {}),
    ]
    write_texts(folder, {"dataFile_0001.txt": "".join(first), "lists/dataFile_0002.txt": "".join(second)})
    heading = ",".join(["URL", "Orig. URL", *(f"AU {unit}" for unit in range(1, 61))]) + "\n"
    line = emotionet_line("N_0000000359_00004.jpg", {4: 1, 7: 1}, end="'").replace("\t", ",")
    write_texts(folder, {"EmotioNet_FACS_aws_2020.csv": heading + line})
    names = (
        "a/N_0000000356_00190.jpg",
        "a/N_0000000356_00191.JPG",
        "b/c/N_0000000357_00002.jpg",
        "b/N_0000000358_00003.jpg",
    )
    write_pictures(folder, [*names, "N_0000000359_00004.jpg", "b/N_0000000000_00000.jpg"], encode)
    leave_rubbish(folder / "a")


def make_workbook(folder: Path) -> None:
    """Write what a spreadsheet's file begins with."""
    with zipfile.ZipFile(folder / "EmotioNet_FACS_aws_2020.xlsx", "w") as file:
        file.writestr("[Content_Types].xml", "<Types/>")


def openface_heading(kind: str, separator: str = ",", units: tuple[str, ...] = OPENFACE_UNITS) -> str:
    """Write the heading of OpenFace's full output.

    Args:
        kind: ``picture``, ``clip``, or ``old clip`` as version 1 wrote it.
        separator: older versions write a blank after the comma.
        units: columns of intensities.
    """
    first = {
        "picture": ["face", "confidence"],
        "clip": ["frame", "face_id", "timestamp", "confidence", "success"],
        "old clip": ["frame", "timestamp", "confidence", "success"],
    }[kind]
    gaze = [f"gaze_{eye}_{axis}" for eye in "01" for axis in "xyz"]
    gaze += [] if kind == "old clip" else ["gaze_angle_x", "gaze_angle_y"]
    eyes = [] if kind == "old clip" else [f"eye_lmk_{axis}_{index}" for axis in "xyXYZ" for index in range(56)]
    pose = [f"pose_{kind}{axis}" for kind in "TR" for axis in "xyz"]
    points = [f"{axis}_{index}" for axis in "xyXYZ" for index in range(68)]
    shape = ["p_scale", "p_rx", "p_ry", "p_rz", "p_tx", "p_ty", *(f"p_{index}" for index in range(34))]
    return separator.join([*first, *gaze, *eyes, *pose, *points, *shape, *units, *OPENFACE_PRESENT]) + "\n"


def openface_row(heading: str, **values: float) -> str:
    """Write a row: landmarks grow by a pixel from one to the next, all that is not named is 0."""
    names = [name.strip() for name in heading.split(",")]
    spread = values.pop("spread", 1.0)
    for axis, start in (("x", 10), ("y", 20)):
        values |= {f"{axis}_{index}": start + spread * index for index in range(68)}
    return ", ".join(f"{values.get(name, 0.0):g}" for name in names) + "\n"


def make_openface(folder: Path, encode: Encode = tiny_picture) -> None:
    """A picture of two faces, one whose CSV lies in a folder of results, two clips with frames and one aligned clip."""
    picture, clip = openface_heading("picture"), openface_heading("clip", ", ")
    old = openface_heading("old clip", ", ")
    sure = {"confidence": 0.98, "success": 1}
    write_pictures(folder, ["anna.jpg", "ben.PNG", "alone.jpg"], encode)
    write_texts(
        folder,
        {
            "anna.csv": picture
            + openface_row(picture, face=0, confidence=0.9, spread=0.5, AU12_r=1)
            + openface_row(
                picture, face=1, confidence=0.8, spread=2, AU12_r=2.5, pose_Rx=0.1, pose_Ry=0.2, pose_Rz=0.3
            ),
            "processed/ben.csv": picture + openface_row(picture, confidence=0.9, AU45_r=5.2),
            "processed/gone.csv": picture + openface_row(picture, confidence=0.9),
            "clip.csv": clip
            + "".join(openface_row(clip, frame=number, AU04_r=number, **sure) for number in (1, 2))
            + openface_row(clip, frame=3, confidence=0.02, success=0)
            + openface_row(clip, frame=4, AU04_r=4, **sure)
            + "5, 0, 0.1\n",
            "old.csv": old + "".join(openface_row(old, frame=number, AU01_r=1, **sure) for number in (1, 2)),
            "scores.csv": "name,score\nanna,1\n",
        },
    )
    write_pictures(folder, [f"clip_aligned/frame_det_00_{number:06d}.bmp" for number in (1, 2, 3, 4)], encode)
    write_pictures(folder, [f"old/{number:05d}.jpg" for number in (0, 1)], encode)
    leave_rubbish(folder)
    leave_rubbish(folder / "old")


def make_folder(folder: Path, encode: Encode = tiny_picture) -> None:
    """Photos and a video of two people, and one of a third beside them."""
    write_pictures(folder, ["anna/one.jpg", "anna/deep/two.PNG", "ben.jpeg", ".trash/no.jpg"], encode)
    (folder / "anna" / "Walk.MP4").write_bytes(b"\0\0\0\x18ftypmp42")
    (folder / "notes.txt").write_text("not a photo")
    leave_rubbish(folder)
