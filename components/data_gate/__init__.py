"""DataGate: stops the run if the data is bad."""
