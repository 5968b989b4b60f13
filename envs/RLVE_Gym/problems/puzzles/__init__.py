"""Problems of the family puzzles."""
