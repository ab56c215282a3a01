"""The verbs: one module for each thing that can happen, none of which knows another."""
