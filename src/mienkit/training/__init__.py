"""The one training loop and what surrounds it: checkpoints, averages, logs, health. To watch something, write a hook."""
