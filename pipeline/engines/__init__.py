"""Beam's engines on this machine: what each is made of, its processes, and the Beam runners that start them."""
