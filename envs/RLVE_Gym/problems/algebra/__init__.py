"""Problems of the family algebra."""
