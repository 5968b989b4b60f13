"""Problems of the family strings."""
