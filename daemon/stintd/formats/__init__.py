"""Importers and exporters, one module a format: values in, text out; text in, values out.

Owns what each format can carry and what is lost in it (daemon/FILES.md tells people). Pure: no files, no clock, no
database; imports only `errors` and `domain`. Callers read and write in pieces, so that a file of any length takes little
memory: writers yield text; readers take an iterable of text and yield the parsed items.
"""
