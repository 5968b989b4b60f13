"""Problems of the family arithmetic."""
