"""The face table, readers, drawn faces and sampling. To add a reader, write its file and its line in ``readers``."""
