"""The static site around a build: its pages and their templates. Charts are drawn elsewhere and only placed here."""
