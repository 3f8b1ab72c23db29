"""Every published number that the models are held to, beside the number that they give today."""
