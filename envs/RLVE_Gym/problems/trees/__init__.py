"""Problems of the family trees."""
