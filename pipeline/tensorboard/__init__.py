"""TensorBoard on the evaluated models of an output directory."""
