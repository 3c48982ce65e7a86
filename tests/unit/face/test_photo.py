"""Every kind of picture file in, and everything but the face out again."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from mienkit.core.errors import OutputError
from mienkit.face.mark import Mark, read_mark
from mienkit.face.photo import Photo, read_photo, write_photo

MARK = Mark("copy", "0.1.0", {"AU12": 0.8})
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
WRITABLE = ("png", "jpg", "jpeg", "webp", "tif", "tiff")


def quarters() -> Image.Image:
    """Draw 40 x 30 pixels: red, with the left upper quarter green."""
    image = Image.new("RGB", (40, 30), (200, 30, 30))
    image.paste((0, 255, 0), (0, 0, 20, 15))
    return image


def camera_exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "Maker"
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.DateTimeOriginal: "2020:01:02 03:04:05", ExifTags.Base.ExifImageWidth: 40}
    exif[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitudeRef: "N"}
    loaded = Image.Exif()
    loaded.load(exif.tobytes())
    return loaded


def save(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)  # type: ignore[arg-type]
    return path


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
    return image


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "bmp", "gif"])
def test_common_formats_are_read(tmp_path: Path, suffix: str) -> None:
    photo = read_photo(save(quarters(), tmp_path / f"picture.{suffix}"))
    assert photo.pixels.shape == (30, 40, 3)
    assert photo.pixels.dtype == np.uint8
    assert np.abs(photo.pixels[25, 35].astype(int) - (200, 30, 30)).max() <= 4
    assert not photo.notes


def test_the_suffix_of_an_input_does_not_matter(tmp_path: Path) -> None:
    path = save(quarters(), tmp_path / "picture.jpg", format="PNG")
    assert np.array_equal(read_photo(path).pixels, np.asarray(quarters()))


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_come_upright_in_every_exif_orientation(tmp_path: Path, suffix: str, orientation: int) -> None:
    path = save(quarters(), tmp_path / f"picture.{suffix}", exif=camera_exif(orientation))
    pixels = read_photo(path).pixels
    corner = {1: (3, 3), 2: (3, -3), 3: (-3, -3), 4: (-3, 3), 5: (3, 3), 6: (3, -3), 7: (-3, -3), 8: (-3, 3)}
    assert pixels.shape[:2] == ((30, 40) if orientation < 5 else (40, 30))
    assert pixels[corner[orientation]][1] > 200
    assert sum(pixels[y, x][1] > 200 for y in (3, -3) for x in (3, -3)) == 1


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_grey_pictures_are_known_as_grey(tmp_path: Path, mode: str) -> None:
    photo = read_photo(save(quarters().convert(mode), tmp_path / "picture.png"))
    assert photo.grey
    assert np.array_equal(photo.pixels[..., 0], photo.pixels[..., 2])


def test_a_palette_becomes_its_colours(tmp_path: Path) -> None:
    photo = read_photo(save(quarters().quantize(4), tmp_path / "picture.png"))
    assert np.abs(photo.pixels.astype(int) - np.asarray(quarters())).max() <= 2
    assert photo.alpha is None


@pytest.mark.parametrize("suffix", ["png", "gif"])
def test_a_transparent_palette_keeps_its_transparency(tmp_path: Path, suffix: str) -> None:
    image = quarters().quantize(4)
    green = image.getpixel((0, 0))
    photo = read_photo(save(image, tmp_path / f"picture.{suffix}", transparency=green))
    assert photo.alpha is not None
    assert photo.alpha[3, 3] == 0
    assert photo.alpha[20, 30] == 255


def test_a_transparent_colour_of_an_rgb_png_is_transparent(tmp_path: Path) -> None:
    photo = read_photo(save(quarters(), tmp_path / "picture.png", transparency=(0, 255, 0)))
    assert photo.alpha is not None
    assert photo.alpha[3, 3] == 0


def test_colours_under_transparent_pixels_are_kept_but_not_looked_at(tmp_path: Path) -> None:
    image = quarters()
    image.putalpha(0)
    photo = read_photo(save(image, tmp_path / "picture.png"))
    assert np.array_equal(photo.pixels, np.asarray(quarters()))
    assert np.all(photo.visible == 128)


def test_an_opaque_photo_is_looked_at_as_it_is(tmp_path: Path) -> None:
    image = quarters()
    image.putalpha(255)
    photo = read_photo(save(image, tmp_path / "picture.png"))
    assert np.array_equal(photo.visible, photo.pixels)


@pytest.mark.parametrize(
    ("suffix", "channels"), [("png", 1), ("png", 3), ("png", 4), ("tif", 1), ("tif", 3), ("tif", 4)]
)
def test_sixteen_bits_become_eight_with_a_note(tmp_path: Path, suffix: str, channels: int) -> None:
    values = np.random.default_rng(0).integers(0, 65536, (20, 30, channels), dtype=np.uint16)
    path = tmp_path / f"deep.{suffix}"
    cv2.imwrite(str(path), values)
    photo = read_photo(path)
    expected = values[..., [2, 1, 0] if channels > 1 else [0, 0, 0]] / 257
    assert np.abs(photo.pixels - expected).max() < 1
    assert photo.grey == (channels == 1)
    assert any("16 bits" in note for note in photo.notes)
    if channels == 4:
        assert np.abs(photo.alpha - values[..., 3] / 257).max() < 1


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tif"])
def test_of_an_animated_file_the_first_frame_is_used_with_a_note(tmp_path: Path, suffix: str) -> None:
    others = [Image.new("RGB", (40, 30), (0, 0, shade)) for shade in (80, 160)]
    path = save(quarters(), tmp_path / f"moving.{suffix}", save_all=True, append_images=others)
    photo = read_photo(path)
    assert np.abs(photo.pixels[25, 35].astype(int) - (200, 30, 30)).max() <= 6
    assert any("first of its 3" in note for note in photo.notes)


def test_cmyk_without_a_profile_becomes_rgb_with_a_note(tmp_path: Path) -> None:
    photo = read_photo(save(quarters().convert("CMYK"), tmp_path / "print.jpg", quality=95))
    assert np.abs(photo.pixels[25, 35].astype(int) - (200, 30, 30)).max() <= 6
    assert any("plainly" in note for note in photo.notes)


def test_cmyk_goes_through_its_own_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(quarters().convert("CMYK"), tmp_path / "print.tif", icc_profile=SRGB)
    seen = []

    def convert(image: Image.Image, profile: ImageCms.ImageCmsProfile, *_: object, **__: object) -> Image.Image:
        seen.append((image.mode, profile.tobytes()))
        return Image.new("RGB", image.size, (1, 2, 3))

    monkeypatch.setattr(ImageCms, "profileToProfile", convert)
    photo = read_photo(path)
    assert seen == [("CMYK", SRGB)]
    assert np.all(photo.pixels == (1, 2, 3))
    assert photo.icc is None
    assert any("through its ICC profile" in note for note in photo.notes)


def test_cmyk_with_a_broken_profile_is_still_read(tmp_path: Path) -> None:
    photo = read_photo(save(quarters().convert("CMYK"), tmp_path / "print.tif", icc_profile=b"broken" * 30))
    assert any("damaged" in note for note in photo.notes)
    assert photo.icc is None


@pytest.mark.parametrize("suffix", WRITABLE)
def test_profile_exif_and_mark_survive_in_every_format(tmp_path: Path, suffix: str) -> None:
    photo = read_photo(save(quarters(), tmp_path / "in.jpg", exif=camera_exif(6), icc_profile=SRGB))
    path = tmp_path / f"out.{suffix}"
    write_photo(path, photo.pixels, photo, MARK)
    image = opened(path)
    assert image.size == (30, 40)
    assert image.info["icc_profile"] == SRGB
    assert read_mark(path) == MARK
    again = read_photo(path)
    assert again.pixels.shape == photo.pixels.shape
    exif = Image.Exif()
    exif.load(again.exif or b"")
    assert exif[ExifTags.Base.Make] == "Maker"
    assert exif[ExifTags.Base.Orientation] == 1
    assert exif.get_ifd(ExifTags.IFD.Exif) == {ExifTags.Base.DateTimeOriginal: "2020:01:02 03:04:05"}
    assert exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] == "N"


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_lossless_formats_keep_every_pixel(tmp_path: Path, suffix: str, portrait: np.ndarray) -> None:
    path = tmp_path / f"out.{suffix}"
    write_photo(path, portrait, Photo(portrait), MARK)
    assert np.array_equal(read_photo(path).pixels, portrait)


def test_jpeg_keeps_full_colour_resolution_and_high_quality(tmp_path: Path, portrait: np.ndarray) -> None:
    path = tmp_path / "out.jpg"
    write_photo(path, portrait, Photo(portrait), MARK)
    assert [component[1:3] for component in opened(path).layer] == [(1, 1)] * 3
    assert np.abs(read_photo(path).pixels.astype(int) - portrait).mean() < 2


@pytest.mark.parametrize("suffix", ["png", "webp", "tif"])
def test_alpha_is_written_back(tmp_path: Path, suffix: str) -> None:
    image = quarters()
    image.putalpha(Image.linear_gradient("L").resize((40, 30)))
    photo = read_photo(save(image, tmp_path / "in.png"))
    path = tmp_path / f"out.{suffix}"
    write_photo(path, photo.pixels, photo, MARK)
    assert np.array_equal(read_photo(path).alpha, photo.alpha)


def test_a_format_without_alpha_shows_the_picture_on_white(tmp_path: Path) -> None:
    image = quarters()
    image.putalpha(0)
    photo = read_photo(save(image, tmp_path / "in.png"))
    write_photo(tmp_path / "out.jpg", photo.pixels, photo, MARK)
    assert read_photo(tmp_path / "out.jpg").pixels.min() >= 254


@pytest.mark.parametrize(("mode", "suffix"), [("L", "png"), ("L", "jpg"), ("L", "tif"), ("LA", "png"), ("LA", "jpg")])
def test_grey_photos_come_back_grey(tmp_path: Path, mode: str, suffix: str) -> None:
    photo = read_photo(save(quarters().convert(mode), tmp_path / "in.png"))
    tinted = photo.pixels.copy()
    tinted[..., 0] //= 2
    path = tmp_path / f"out.{suffix}"
    write_photo(path, tinted, photo, MARK)
    assert opened(path).mode == (mode if suffix != "jpg" else "L")


def test_missing_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "out.png"
    write_photo(path, np.asarray(quarters()), Photo(np.asarray(quarters())), MARK)
    assert path.is_file()


@pytest.mark.parametrize("name", ["out.bmp", "out.heic", "out"])
def test_an_unknown_suffix_names_those_that_work(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"\.png, \.jpg, \.jpeg, \.webp, \.tif, \.tiff"):
        write_photo(tmp_path / name, np.asarray(quarters()), Photo(np.asarray(quarters())), MARK)


def test_a_suffix_in_capitals_is_known(tmp_path: Path) -> None:
    write_photo(tmp_path / "OUT.JPG", np.asarray(quarters()), Photo(np.asarray(quarters())), MARK)
    assert opened(tmp_path / "OUT.JPG").format == "JPEG"


def test_an_input_is_never_written_over_even_with_force(tmp_path: Path) -> None:
    path = save(quarters(), tmp_path / "in.png")
    before = path.read_bytes()
    photo = read_photo(path)
    with pytest.raises(OutputError, match="is an input"):
        write_photo(path, photo.pixels, photo, MARK, force=True)
    assert path.read_bytes() == before


def test_a_picture_that_a_format_cannot_hold_leaves_nothing_behind(tmp_path: Path) -> None:
    wide = np.zeros((1, 17_000, 3), np.uint8)
    with pytest.raises(OutputError, match=r"write a \.png instead"):
        write_photo(tmp_path / "out.webp", wide, Photo(wide), MARK)
    assert list(tmp_path.iterdir()) == []


def test_exif_too_long_for_jpeg_is_left_out(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "x" * 70_000
    photo = Photo(np.asarray(quarters()), exif=exif.tobytes())
    write_photo(tmp_path / "out.jpg", photo.pixels, photo, MARK)
    assert read_mark(tmp_path / "out.jpg") == MARK
