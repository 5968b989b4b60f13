"""Problems of the family geometry."""
