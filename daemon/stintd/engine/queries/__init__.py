"""Queries of API clients: plain functions of a `View`, which answer in the JSON shapes of the API. They change nothing."""
