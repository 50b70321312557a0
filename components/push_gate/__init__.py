"""PushGate: fails a run whose model was not pushed."""
