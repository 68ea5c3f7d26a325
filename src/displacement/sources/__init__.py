"""Sources: one module for each publisher, how to ask it and how to know that the answer answers the question.

`capture` fetches a release into a directory of tables; `probe` says cheaply whether there is anything new. What the
columns mean is the business of `intake`; nothing here changes a value.
"""
