"""What only a whole system shows: real mail servers, networks that fail, clocks that jump."""
