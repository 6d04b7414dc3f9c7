"""The chain: how calls become blocks, and blocks become state.

For now a chain in memory with named parties (`memory.py`). Signatures, blocks, the Merkle tree
and the store come here.
"""
