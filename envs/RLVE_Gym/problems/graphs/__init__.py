"""Problems of the family graphs."""
