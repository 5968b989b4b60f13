"""Problems of the family number_theory."""
