"""Sources: one module for each publisher, how it is asked, and how an answer is checked against its question.

`fetch` captures a release into a directory of tables; `probe` tells cheaply whether there is anything new; `tracing`
finds the raw row of a figure. What columns mean belongs in `intake`; nothing here changes a value.
"""
