"""RLVE_Gym: verifiable problems whose difficulty follows the learner."""
