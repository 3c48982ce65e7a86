"""Fixed protocols: who is measured, how, and with which intervals. To add one, write its file; ``app`` wires it."""
