"""What the tests of connectors share: a system in memory, asked without pauses."""

import os
from functools import partial

import httpx
import pytest
from listing import ACCESS, SOURCE

from sipas.sources import session as session_module
from sipas.sources.one_stop_http import incoming_pages, walk_of
from sipas.sources.seams import receive_changes
from sipas.sources.session import Session


@pytest.fixture
def pauses(monkeypatch):
    """The pauses that would have been made, in seconds; nor does anybody wait for the disk."""
    made: list[float] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(session_module, "sleep", made.append)
    return made


@pytest.fixture
def receive(monkeypatch, pauses):
    """A function that receives what changed into a folder and returns the delivery's pages."""

    def receive(listing, landing, source=SOURCE, since=None, how=receive_changes, **parameters):
        client = partial(httpx.Client, transport=listing.transport())
        monkeypatch.setattr(session_module.httpx, "Client", client)
        asked = {"updated_since": since.isoformat()} if since else {}
        incoming = incoming_pages(landing, source, "dossiers", asked | parameters)
        with Session(source, ACCESS) as session, incoming:
            walk = walk_of(session, incoming, "dossiers")
            how(walk)
            return incoming.commit(watermark=walk.as_of)

    return receive
