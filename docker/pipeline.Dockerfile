# The pipeline: Airflow, dbt, Great Expectations, the package sipas, the simulator.
# What it runs is told by SIPAS_SERVICE, see docker-compose.yml.
FROM python:3.11-slim-bookworm AS build

# Where packages come from, when not from the usual index; nothing of it reaches the final image.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG UV_DEFAULT_INDEX
ARG UV_INDEX
# A certificate (PEM) of the network that the build has to trust.
ARG SIPAS_CA_CERTIFICATE

WORKDIR /opt/sipas
COPY requirements/pipeline.in requirements/pipeline.lock requirements/uv.lock requirements/
COPY pyproject.toml ./
COPY sipas/__init__.py sipas/
COPY sipas/local/bootstrap.py sipas/local/
COPY simulator/__init__.py simulator/
COPY expectations/__init__.py expectations/
# Compiled here: who runs it may not write here.
RUN if [ -n "$SIPAS_CA_CERTIFICATE" ]; then \
        { cat /etc/ssl/certs/ca-certificates.crt; echo "$SIPAS_CA_CERTIFICATE"; } > /tmp/trusted.pem \
        && export SSL_CERT_FILE=/tmp/trusted.pem PIP_CERT=/tmp/trusted.pem; \
    fi \
    && UV_COMPILE_BYTECODE=1 python3 sipas/local/bootstrap.py pipeline --without-tools \
    && rm -rf .venv/uv

FROM python:3.11-slim-bookworm

RUN useradd --uid 10001 --user-group --home-dir /var/lib/sipas --create-home sipas
WORKDIR /opt/sipas
COPY --from=build /opt/sipas/.venv .venv
COPY requirements requirements
COPY pyproject.toml ./
COPY sipas sipas
COPY simulator simulator
COPY expectations expectations
COPY dbt_project dbt_project
COPY reference reference
COPY config config
COPY dags dags
# A volume begins as the folder that it hides: it belongs to whom that belongs.
RUN python3 -m compileall -q sipas simulator expectations \
    && cd /var/lib/sipas && mkdir -p inbox landing dbt data_docs lineage open-data airflow/logs \
    && chown -R sipas:sipas .
# The commit of the code: releases note it.
ARG SIPAS_COMMIT
ENV PATH=/opt/sipas/.venv/pipeline/bin:$PATH \
    LANG=C.UTF-8 \
    SIPAS_HOME=/var/lib/sipas \
    SIPAS_COMMIT=$SIPAS_COMMIT
USER sipas
ENTRYPOINT ["python", "-m", "sipas.cli"]
CMD ["run-service"]
HEALTHCHECK --interval=30s --timeout=20s --start-period=300s --retries=3 \
    CMD ["python", "-m", "sipas.cli", "is-healthy"]
