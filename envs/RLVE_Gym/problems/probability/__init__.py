"""Problems of the family probability."""
