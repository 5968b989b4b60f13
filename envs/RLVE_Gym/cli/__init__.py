"""`openenv problems`: list, show, sample and check the problems of RLVE_Gym, and read its curriculum."""
