"""Films in and out, a frame at a time. A kind to read is added in ``reader.py``, one to write in ``writer.py``."""

from mienkit.face.film.ffmpeg import import_av as import_av
from mienkit.face.film.frame import Film as Film
from mienkit.face.film.frame import FilmFacts as FilmFacts
from mienkit.face.film.frame import Frame as Frame
from mienkit.face.film.reader import is_animation as is_animation
from mienkit.face.film.reader import is_film as is_film
from mienkit.face.film.reader import open_film as open_film
from mienkit.face.film.video import read_frames as read_frames
from mienkit.face.film.writer import KINDS as KINDS
from mienkit.face.film.writer import FilmWriter as FilmWriter
from mienkit.face.film.writer import check_film_output as check_film_output
from mienkit.face.film.writer import writing_film as writing_film
