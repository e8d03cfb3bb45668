# The server, the worker and the operator's commands in one image: python server.py, python
# manage.py COMMAND. It needs /data for SQLite (none with PostgreSQL) and /tmp; the rest may be
# read-only. docs/operations.md says more; compose.yaml is an example.
FROM python:3.11-slim-bookworm AS built

WORKDIR /srv
COPY deploy/requirements.lock ./
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes \
        --only-binary :all: -r requirements.lock \
    && /opt/venv/bin/pip uninstall --yes pip setuptools

FROM python:3.11-slim-bookworm

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ENVIRONMENT=production \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATABASE_URL=sqlite:///data/seatwise.db

RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin seatwise \
    && install --directory --owner=seatwise --mode=0700 /data

WORKDIR /srv
COPY --from=built /opt/venv /opt/venv
COPY LICENSE manage.py server.py ./
COPY commands ./commands
COPY door ./door
COPY examples/demo.json ./examples/
COPY execution ./execution
COPY locales ./locales
COPY models ./models
COPY pdf_templates ./pdf_templates
COPY resolvers ./resolvers
COPY schema ./schema
COPY services ./services
COPY web ./web
RUN python -m compileall -q /srv /opt/venv

USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=4)"]
CMD ["python", "server.py"]
