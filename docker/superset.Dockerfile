# Superset, with its settings, roles and dashboards as files, and the package sipas to start it.
FROM python:3.11-slim-bookworm AS build

# Where packages come from, when not from the usual index; nothing of it reaches the final image.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG UV_DEFAULT_INDEX
ARG UV_INDEX
# A certificate (PEM) of the network that the build has to trust.
ARG SIPAS_CA_CERTIFICATE

WORKDIR /opt/sipas
COPY requirements/superset.in requirements/superset.lock requirements/uv.lock requirements/
COPY sipas/local/bootstrap.py sipas/local/
# Compiled here: who runs it may not write here.
RUN if [ -n "$SIPAS_CA_CERTIFICATE" ]; then \
        { cat /etc/ssl/certs/ca-certificates.crt; echo "$SIPAS_CA_CERTIFICATE"; } > /tmp/trusted.pem \
        && export SSL_CERT_FILE=/tmp/trusted.pem PIP_CERT=/tmp/trusted.pem; \
    fi \
    && UV_COMPILE_BYTECODE=1 python3 sipas/local/bootstrap.py superset --without-tools \
    && rm -rf .venv/uv

FROM python:3.11-slim-bookworm

RUN useradd --uid 10001 --user-group --home-dir /var/lib/sipas --create-home sipas
WORKDIR /opt/sipas
COPY --from=build /opt/sipas/.venv .venv
COPY requirements requirements
COPY sipas sipas
COPY superset superset
# What work lists are like before the first build made them.
COPY dbt_project/models dbt_project/models
RUN python3 -m compileall -q sipas superset
ENV PATH=/opt/sipas/.venv/superset/bin:$PATH \
    LANG=C.UTF-8 \
    SIPAS_HOME=/var/lib/sipas
USER sipas
ENTRYPOINT ["python", "-m", "sipas.cli"]
CMD ["run-service"]
HEALTHCHECK --interval=30s --timeout=20s --start-period=300s --retries=3 \
    CMD ["python", "-m", "sipas.cli", "is-healthy"]
