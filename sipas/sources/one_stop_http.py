"""One-stop systems with an HTTP JSON interface: token, pages, `updated_since`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import psycopg
from tenacity import (
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential_jitter,
)

from sipas.errors import UserError
from sipas.landing import Incoming, Manifest, is_repeat, register, register_all
from sipas.sources.configuration import OneStopSource


@dataclass(frozen=True)
class Access:
    """Where a system answers and with which account (from the Airflow connection)."""

    base_url: str
    user: str
    password: str


class SourceUnavailable(UserError):
    """The system does not answer, or not as agreed; worth another try later."""


class SourceRefusesUs(UserError):
    """The system rejects our account; another try would not help."""


class Token(msgspec.Struct):
    """The answer to a login."""

    access_token: str


class PageHead(msgspec.Struct):
    """What we must understand of a page to fetch the next; records stay bytes."""

    page: int
    total_pages: int
    as_of: datetime


def is_passing(error: BaseException) -> bool:
    """Whether the same request may succeed a moment later."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in (429, 500, 502, 503, 504)
    return isinstance(error, httpx.TransportError)


def request(client: httpx.Client, method: str, url: str, **options) -> httpx.Response:
    """One request with up to four tries; raises the last try's error."""
    for attempt in Retrying(
        stop=stop_after_attempt(4),
        wait=wait_exponential_jitter(initial=0.5, max=8),
        retry=retry_if_exception(is_passing),
        reraise=True,
    ):
        with attempt:
            response = client.request(method, url, **options)
            response.raise_for_status()
    return response


def watermark(connection: psycopg.Connection, source: OneStopSource) -> datetime | None:
    """The source's time up to which its accepted deliveries reach; None before the first."""
    return connection.execute(
        """
        select max(deliveries.watermark)
        from audit.deliveries as deliveries
        inner join audit.batches as batches using (delivery_id)
        where deliveries.source_code = %s and batches.status = 'accepted'
        """,
        [source.code],
    ).fetchone()[0]


def fetch(
    connection: psycopg.Connection, landing: Path, source: OneStopSource, access: Access
) -> Manifest | None:
    """Asks a system for what changed since the watermark (less the overlap) and lands it.

    Returns the manifest, or None when the answer is the newest delivery once more.
    Raises SourceUnavailable or SourceRefusesUs naming the source; then nothing is landed.
    """
    register_all(connection, landing, "dossiers")  # also what a killed run had landed
    last = watermark(connection, source)
    since = last - timedelta(minutes=source.overlap_minutes) if last else None
    incoming = Incoming(
        landing,
        source_code=source.code,
        delivery_kind="dossiers",
        data_nature=source.data_nature,
        window_from=since,
    )
    try:
        with (
            incoming,
            httpx.Client(base_url=access.base_url, timeout=httpx.Timeout(30, connect=10)) as client,
        ):
            as_of = None
            for number, (head, body) in enumerate(pages(client, source, access, since), start=1):
                incoming.add(f"page-{number:05d}.json", body)
                as_of = as_of or head.as_of
            if is_repeat(connection, incoming):
                return None
            manifest = incoming.commit(watermark=as_of)
    except httpx.HTTPError as error:
        raise explain(error, source) from error
    register(connection, landing, manifest)
    connection.commit()
    return manifest


def pages(
    client: httpx.Client, source: OneStopSource, access: Access, since: datetime | None
) -> Iterator[tuple[PageHead, bytes]]:
    """Head and bytes of every page, in order."""
    response = request(
        client,
        "POST",
        f"{source.path}/token",
        json={"username": access.user, "password": access.password},
    )
    try:
        token = msgspec.json.decode(response.content, type=Token).access_token
    except msgspec.DecodeError as error:
        raise SourceUnavailable(
            f"{source.code}: the answer to the login holds no token ({error})."
        ) from error
    parameters = {"page_size": source.page_size} | (
        {"updated_since": since.isoformat()} if since else {}
    )
    page, total = 1, 1
    while page <= total:
        response = request(
            client,
            "GET",
            f"{source.path}/dossiers",
            params=parameters | {"page": page},
            headers={"Authorization": f"Bearer {token}"},
        )
        check_nature(response, source)
        try:
            head = msgspec.json.decode(response.content, type=PageHead)
        except msgspec.DecodeError as error:
            raise SourceUnavailable(
                f"{source.code}: page {page} is not a page of dossiers ({error})."
            ) from error
        yield head, response.content
        page, total = page + 1, head.total_pages


def check_nature(response: httpx.Response, source: OneStopSource) -> None:
    """Simulated answers never enter as real ones."""
    if response.headers.get("X-Data-Nature", source.data_nature) != source.data_nature:
        raise SourceRefusesUs(
            f"{source.code} says its data are {response.headers['X-Data-Nature']}, the sources "
            f"file says {source.data_nature}. Mend data_nature in the sources file."
        )


def explain(error: httpx.HTTPError, source: OneStopSource) -> UserError:
    """The error in words that say which source, what, and what to do."""
    if isinstance(error, httpx.HTTPStatusError):
        status = error.response.status_code
        if status in (401, 403):
            return SourceRefusesUs(
                f"{source.code} ({source.name_vi}) rejects the account (HTTP {status}). Mend "
                f"login and password of the Airflow connection '{source.connection}'. Nothing "
                "was landed."
            )
        return SourceUnavailable(
            f"{source.code} ({source.name_vi}) answered HTTP {status} to "
            f"{error.request.url.path}. Nothing was landed; the next run asks again."
        )
    return SourceUnavailable(
        f"{source.code} ({source.name_vi}) could not be reached: {error}. Nothing was landed; "
        "the next run asks again."
    )
