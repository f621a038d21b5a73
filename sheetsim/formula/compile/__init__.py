"""From trees to a program: what is needed, in which order, as operations on whole arrays."""
