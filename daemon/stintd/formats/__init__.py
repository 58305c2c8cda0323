"""Importers and exporters: pure text to values and back."""
