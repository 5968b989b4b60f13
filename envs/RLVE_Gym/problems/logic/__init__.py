"""Problems of the family logic."""
