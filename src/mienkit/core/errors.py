"""Every error the toolkit raises on purpose.

MienError
├── ConfigError             a setting is unknown, missing or out of range
│   └── UnknownNameError    no model, reader, metric, action unit or emotion has that name
├── DataError               a file or annotation cannot be used
│   ├── ImageError          a picture cannot be read or is unfit
│   ├── FaceError           no face, or not the one asked for, is in a picture
│   ├── TableError          a face table breaks its format
│   ├── WeightsError        a weights folder is missing, corrupt or another model's
│   └── AssetError          an optional file is missing or is not the one that it should be
├── OutputError             a result cannot be written where it was asked for
├── MissingExtraError       an optional dependency is not installed
└── TrainingError           a run cannot go on
    └── NotFiniteError      a loss term became NaN or infinite
"""


class MienError(Exception):
    """Base of all deliberate errors; the command line shows it without a traceback."""


class ConfigError(MienError):
    """A setting is unknown, missing or out of range."""


class UnknownNameError(ConfigError):
    """No model, reader, metric, action unit or emotion has that name."""


class DataError(MienError):
    """A file or annotation cannot be used."""


class ImageError(DataError):
    """A picture cannot be read or is unfit."""


class FaceError(DataError):
    """No face, or not the one asked for, is in a picture."""


class TableError(DataError):
    """A face table breaks its format."""


class WeightsError(DataError):
    """A weights folder is missing, corrupt or another model's."""


class AssetError(DataError):
    """An optional file is missing or is not the one that it should be."""


class OutputError(MienError):
    """A result cannot be written where it was asked for."""


class MissingExtraError(MienError):
    """An optional dependency is not installed."""


class WorkerError(MienError):
    """A process that did part of the work is gone."""


class TrainingError(MienError):
    """A run cannot go on."""


class NotFiniteError(TrainingError):
    """A loss term became NaN or infinite."""
