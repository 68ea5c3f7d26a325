"""Intake: from a directory of tables, as a publisher gave them, to facts that can be added to the ledger.

Codes, values, reference dates and the expectations at the door belong here. Asking a publisher belongs in `sources`;
comparing with earlier releases, and keeping, in the gate and the ledger.
"""
