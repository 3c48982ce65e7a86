"""Fixed protocols and reports. To add a protocol, write its file with its splits, counts and seeds."""
