"""What things cost, in steps: one step is one node of the model that is worked through.

Costs are counted per basic block, before it runs, and never depend on how fast a machine is.
"""

from __future__ import annotations

CALL_STEPS_MAX = 1_000_000
"""A call or a timer that needs more is refused with `COST_LIMIT`."""
BLOCK_STEPS_MAX = 50_000_000
"""What all of a block may cost; timers may spend half of it."""
FIRING_STEPS = 1_000
"""What a block pays for each timer that runs, beside its own steps: for the records that it reads
and keeps, and its receipt. A storm of timers that do next to nothing is spread over blocks too."""
TRANSACTION_STEPS = 1_000
"""What a block pays for each transaction, whatever comes of it: for its signature and receipt."""
BYTE_STEPS = 5
"""What a block pays for each byte of a transaction, which must be read before it can be refused."""
SCRIPT_STEPS_MAX = 1_000_000_000
"""What the expressions of a script or test may take together: it asks for its calls one by one."""
TEXT_STEP_LENGTH = 16
"""So many characters of a text that is made, written into a record or told cost a step."""
CREATE_STEPS = 10
"""A record is kept for ever, so it costs more than a field that is set."""
VISIT_STEPS = 2
"""For each item that a loop looks at, whether or not its `where` takes it."""
PROOF_STEPS = 1_000
"""For each proof of another chain, and beside it for each of its bytes:"""
PROOF_BYTE_STEPS = 10
"""A seal is verified in the time of some hundred steps, and takes as many bytes as a signature."""
LOOP_COUNT_ASSUMED = 100
"""How often a loop without a static bound counts in a timer's maximum."""
