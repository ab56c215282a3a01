"""Whole stories, by HTTP, the worker and a real mail server only."""
