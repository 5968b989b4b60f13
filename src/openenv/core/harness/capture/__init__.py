"""Sampling of captured turns: see :mod:`.upstream`."""
