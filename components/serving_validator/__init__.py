"""ServingValidator: loads and calls an exported model as a server would."""
