"""Defects of solar modules in infrared photographs: a ResNet, its training, its evaluation, its answers."""
