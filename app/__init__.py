"""Bode sends newsletters to people who asked for them, and to nobody else.

Read it in this order: `domain` (the nouns), `features` (what can happen to them), `web` (the doors),
`mail` (letters and their transport), `core` (what would be the same in a shop).
"""
