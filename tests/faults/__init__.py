"""The fault table of the sending engine: what breaks, and what becomes of the mail.

Each row is a test with real processes, a real database that writes to disk and a real mail server
that counts every copy. What is asked of every row is in `promise`; `make reliability` writes what
came of it into docs/reliability.md, and `make chaos` mixes the faults.
"""
