"""Questions to the published file: countries, figures and where they come from, revisions, claims, the cookbook.

Each module gathers what is known as plain data; a module named `…_text` lays it out for people. Everything is read from
the published file, so that an answer fits what is published.
"""
