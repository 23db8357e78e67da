"""What is remembered of a run: its instructions, as text, and with sizes that are free."""
