"""The face table, readers, drawn faces and sampling. To add a reader, write its file in ``readers`` and its line there."""
