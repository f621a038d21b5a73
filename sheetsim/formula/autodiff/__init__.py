"""A program run forward, and its derivatives backward and forward."""
