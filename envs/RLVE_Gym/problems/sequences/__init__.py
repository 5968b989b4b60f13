"""Problems of the family sequences."""
