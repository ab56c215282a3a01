"""The rooms of the people who work with the service: behind a sign-in, in their own language."""
