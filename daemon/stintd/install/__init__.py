"""Installing hooks into hosts whose settings are not ours.

Every change can be shown first, keeps what was there, and is removed exactly.
"""
