"""A lean streaming HTTP/1.1 client: every read is stamped where the bytes arrive.

``docs/decisions`` tells why it exists and what was measured.
"""
