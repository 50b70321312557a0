"""DataGate: stops the run at bad data."""
