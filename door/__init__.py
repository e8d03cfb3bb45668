"""HTTP: from a request to what the product answers.

    graphql.py   GraphQL over HTTP: runs a request, answers
    requests.py  what a request asks for, read strictly
    strict_json.py, media_types.py, refusals.py   parts of that
    limits.py    how much may be asked for, at once and in a minute
    callers.py   the token that becomes an actor
    invoices.py  invoices' PDFs, by signed links
    origins.py   which pages of other origins may call
    pages.py     the billing page, GraphiQL and their files
    health.py    whether the process answers, and whether it can serve
    failures.py  what has no route, and what fails outside GraphQL
    headers.py   the headers of every answer
    observing.py what stands around every request: ids, headers, log, metrics
    traces.py    a span for each request, where traces are on
    routes.py    routes' names for both
    connections.py  clients' connections and their bounds
    processes.py how the application is served, by one process or several

`server.py` puts them together.
"""
