"""Problems of the family combinatorics."""
