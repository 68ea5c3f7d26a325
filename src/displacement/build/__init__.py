"""From the ledger to what is published: models, the DuckDB file, downloads, documents, builds and the switch.

What is drawn belongs in `charts` and `site`; what a table means is in `catalogue`; whether rows are right is
decided in `quality`.
"""
