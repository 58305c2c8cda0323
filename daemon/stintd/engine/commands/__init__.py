"""Commands of people: plain functions of a `Step`, one transaction each, which answer in the JSON shapes of the API."""
