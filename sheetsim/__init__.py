"""sheetsim."""
