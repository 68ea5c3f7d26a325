"""Intake: from a directory of tables, as a publisher gave them, to facts that the ledger can take in.

Layouts, codes, values, reference dates and the expectations at the door belong here. Asking a publisher is the business
of `sources`; what is compared with earlier releases and kept is the business of the gate and the ledger.
"""
