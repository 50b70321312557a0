"""Encoder: the files of a pre-trained encoder; EncoderTransform: TFX's Transform, which reads its vocabulary."""
