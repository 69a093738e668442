"""After a gate its results are shown; that a page cannot be drawn decides about no data."""

import logging

log = logging.getLogger(__name__)


def show_results() -> None:
    """Brings Data Docs up to date; the results themselves stand in audit.validations already."""
    from sipas.database import connect
    from sipas.gates.data_docs import write_data_docs
    from sipas.settings import directory

    try:
        with connect("audit") as connection:
            index = write_data_docs(connection, directory("SIPAS_DATA_DOCS_DIR"))
    except Exception:
        log.exception("Data Docs were not brought up to date; `sipas gates docs` tries again")
    else:
        log.info("Data Docs: %s", index.resolve().as_uri())
