"""Problems of the family games."""
