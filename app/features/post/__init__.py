"""Mail to one person leaves the outbox: confirmations, links to one's own data, word to staff.

Read in this order: `lease` (which worker has a mail), `decide` (what a row turns out to mean), `write` (the
mail it becomes), `carry` (handing it over and deleting the row).
"""
