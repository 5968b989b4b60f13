"""What ``openenv validate`` checks: a directory (:mod:`.directory`) or a running server (:mod:`.server`)."""
