"""From a run's weights to what others run: ONNX graphs, and the proof that they answer as PyTorch does."""
