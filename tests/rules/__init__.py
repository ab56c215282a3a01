"""The house rules, as tests: what a reviewer should never have to say twice."""
