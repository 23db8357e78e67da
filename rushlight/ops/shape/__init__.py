"""The same elements in another shape: views, parts, joins, rearranged copies."""
