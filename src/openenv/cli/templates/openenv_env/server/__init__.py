"""The server's side of the environment."""

from .__ENV_NAME___environment import __ENV_CLASS_NAME__Environment

__all__ = ["__ENV_CLASS_NAME__Environment"]
