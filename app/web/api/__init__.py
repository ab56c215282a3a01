"""The answers that programs read: monitors, crawlers and a reader's own file."""
