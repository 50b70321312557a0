"""The Trainer and the Tuner: input pipeline, training loop, head, optimizers and export."""
