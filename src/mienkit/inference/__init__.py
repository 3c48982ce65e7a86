"""What trained models do with photos. To serve another task, write its file against the task's protocol."""
