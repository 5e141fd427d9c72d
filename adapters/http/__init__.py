"""HTTP as services and sources need it: one exchange at a time, counted, timed, never repeated."""
