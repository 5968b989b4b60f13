"""Problems of the family simulation."""
