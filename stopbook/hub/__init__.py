"""The hub: one process a company that holds the ledger, runs jobs by itself and answers people and add-ins.

`serve.py` is the process, `core.py` the application with its routes. `gate.py` says who asks, `wire.py` how a question
and its answer look. `feed.py` reads, `edits.py` takes edits in, `works.py` runs jobs, `status.py` says how it goes,
`pages.py` shows all that to a person. `client.py` is what the command line speaks through.
"""
