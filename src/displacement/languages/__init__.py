"""The six languages pages and charts speak: their messages, their numbers and dates, and the names of countries.

`messages` reads the catalogues, `language` puts a sentence, a number or a date into words. What is said where is the
business of charts and pages; they hold message ids, never text. A catalogue is `catalogues/<room>/<language>.po`:
`common` for what everybody says, `charts` and `site` for what only they do. Ids are unique over the rooms.
"""

from displacement.languages.language import LANGUAGES, Language, load

__all__ = ["LANGUAGES", "Language", "load"]
