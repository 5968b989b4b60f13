"""Problems of the family optimization."""
