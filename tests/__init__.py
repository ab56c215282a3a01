"""What Bode promises, as tests that can fail."""
