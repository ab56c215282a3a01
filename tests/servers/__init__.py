"""Real servers that tests talk to, made to misbehave on request."""
