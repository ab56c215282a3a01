"""What knows no newsletter: settings, database, keys, time and language."""
