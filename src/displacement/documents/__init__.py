"""Documents written from the one description: the data dictionary, what lies beside the downloads, the cookbook.

`python -m displacement.documents` (`make docs`) writes those of `docs/`; a build writes those of `public/`. What a
table means stands in `catalogue`, never here.
"""
