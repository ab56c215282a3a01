"""What knows no reader: how a letter is written, signed, handed over and answered."""
