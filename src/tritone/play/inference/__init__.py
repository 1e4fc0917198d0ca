"""Engines that run a streaming VAE block by block: torch, ONNX Runtime, OpenVINO, behind one signature."""
