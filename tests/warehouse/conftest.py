"""What the tests of loading share."""

import handover
import pytest

from sipas.database import connect


@pytest.fixture
def ingest(warehouse):
    """A connection of the ingest role to a warehouse that has received nothing yet."""
    handover.empty(warehouse)
    with connect("ingest", autocommit=True) as connection:
        yield connection
