"""The doors: each reads what came in, calls one feature and shows the result."""
