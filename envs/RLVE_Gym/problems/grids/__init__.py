"""Problems of the family grids."""
