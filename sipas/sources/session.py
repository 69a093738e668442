"""A conversation with one HTTP system: account, pace, patience. What is asked is others' business.

The pace (requests a second) holds for all threads of a session together, and a pause that the
system asks for (`Retry-After`) holds all of them up.
"""

import logging
import ssl
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Self, TypeVar

import httpx
import msgspec
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential_jitter,
)

from sipas.errors import UserError
from sipas.sources.configuration import HttpSource

log = logging.getLogger(__name__)
sleep = time.sleep  # a test replaces it: the tries stay, the pauses go
PASSING = (408, 425, 429, 500, 502, 503, 504)
Answer = TypeVar("Answer", bound=msgspec.Struct)


@dataclass(frozen=True)
class Access:
    """Where a system answers and with which account (from the Airflow connection)."""

    base_url: str
    user: str
    password: str


class SourceUnavailable(UserError):
    """The system does not answer, or not as agreed; worth another try later."""


class Incomplete(SourceUnavailable):
    """What came does not make a whole, or cannot be gone on from: none of it is kept."""


class SourceRefusesUs(UserError):
    """The system rejects our account; another try would not help."""


class Unreadable(Exception):
    """An answer that is not what was asked for: cut off, no JSON, another page; asked again."""


class Token(msgspec.Struct):
    """The answer to a login."""

    access_token: str


class Pace:
    """Lets a thread go when the system can bear another request."""

    def __init__(self, requests_per_second: float) -> None:
        self.interval = 1 / requests_per_second
        self.lock = threading.Lock()
        self.free_at = time.monotonic()

    def wait(self) -> None:
        """Returns when it is this thread's turn."""
        with self.lock:
            turn = max(self.free_at, time.monotonic())
            self.free_at = turn + self.interval
        if (pause := turn - time.monotonic()) > 0:
            sleep(pause)

    def hold(self, seconds: float) -> None:
        """Nobody goes before so many seconds have passed."""
        with self.lock:
            self.free_at = max(self.free_at, time.monotonic() + seconds)


class Session:
    """Requests to one system, from several threads; used as a context manager."""

    def __init__(self, source: HttpSource, access: Access) -> None:
        self.source = source
        self.access = access
        self.client = httpx.Client(
            base_url=access.base_url,
            verify=trusted(),
            timeout=httpx.Timeout(source.timeout_seconds, connect=10),
            headers={"Accept": "application/json", "Accept-Encoding": "gzip"},
        )
        self.pace = Pace(source.requests_per_second)
        self.token: str | None = None
        self.token_lock = threading.Lock()
        self.ends_at = time.monotonic() + source.longest_minutes * 60
        self.is_over = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        self.client.close()

    def get(
        self, path: str, parameters: dict[str, object], kind: type[Answer], what: str
    ) -> tuple[Answer, bytes]:
        """What the system answers under `<source.path>/<path>`, read as `kind`, and its bytes.

        A passing fault, an expired token and an unreadable answer are asked again, within the
        source's tries and patience. `what` names the request in messages («page 7»). Raises
        SourceUnavailable or SourceRefusesUs naming the source.
        """
        return self.patiently(lambda: self.get_once(path, parameters, kind), what)

    def get_once(
        self, path: str, parameters: dict[str, object], kind: type[Answer]
    ) -> tuple[Answer, bytes]:
        """One request; an expired token is renewed once and the same request put again."""
        token = self.token or self.renew(None)
        response = self.send("GET", path, params=parameters, headers=bearer(token))
        if response.status_code == 401:
            token = self.renew(token)
            response = self.send("GET", path, params=parameters, headers=bearer(token))
        response.raise_for_status()
        check_nature(response, self.source)
        return decode(response.content, kind), response.content

    def send(self, method: str, path: str, **options: object) -> httpx.Response:
        """One request in its turn."""
        if self.is_over.is_set():
            raise SourceUnavailable(f"{self.source.code}: the run has ended.")
        self.pace.wait()
        return self.client.request(method, f"{self.source.path}/{path}", **options)

    def renew(self, used: str | None) -> str:
        """A token other than the one that was `used` in vain; one thread logs in for all."""
        with self.token_lock:
            if self.token is None or self.token == used:
                login = {"username": self.access.user, "password": self.access.password}
                response = self.send("POST", "token", json=login)
                response.raise_for_status()
                self.token = decode(response.content, Token).access_token
            return self.token

    def patiently(self, ask, what: str):
        """The result of `ask`, tried again while the fault may pass."""
        source = self.source
        try:
            return Retrying(
                sleep=lambda seconds: sleep(seconds),
                stop=stop_after_attempt(source.tries) | stop_after_delay(source.patience_seconds),
                wait=self.pause,
                retry=retry_if_exception(may_pass),
                before_sleep=lambda state: log.warning(
                    "%s, %s: %s; asked again", source.code, what, state.outcome.exception()
                ),
                reraise=True,
            )(ask)
        except Unreadable as error:
            raise SourceUnavailable(
                f"{source.code}: {what} cannot be read ({error}), asked {source.tries} times. "
                "Nothing was landed; the next run asks again."
            ) from error
        except httpx.HTTPError as error:
            raise explain(error, source, what) from error

    def pause(self, state: RetryCallState) -> float:
        """Seconds until the next try: what the system asks for, else longer each time."""
        longest = self.source.longest_pause_seconds
        asked = retry_after(state.outcome.exception())
        if asked is not None:
            self.pace.hold(min(asked, longest))
            return 0
        return wait_exponential_jitter(multiplier=0.5, max=longest)(state)

    def check_time(self, what: str) -> None:
        """Raises SourceUnavailable when the run has taken as long as it may."""
        if time.monotonic() > self.ends_at:
            raise SourceUnavailable(
                f"{self.source.code} has not told everything within "
                f"{self.source.longest_minutes:g} minutes; stopped at {what}. The pages received "
                "are kept and the next run goes on there."
            )


@cache
def trusted() -> ssl.SSLContext:
    """The certificates that we trust; reading them takes its time, so once a process."""
    return httpx.create_ssl_context()


def bearer(token: str) -> dict[str, str]:
    """The header with the token."""
    return {"Authorization": f"Bearer {token}"}


def decode(body: bytes, kind: type[Answer]) -> Answer:
    """A JSON answer as `kind`; raises Unreadable."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error


def may_pass(error: BaseException) -> bool:
    """Whether the same request may succeed a moment later."""
    if isinstance(error, httpx.HTTPStatusError):
        status, is_login = error.response.status_code, error.request.url.path.endswith("/token")
        # A login that succeeded proves the account: its token expired too soon.
        return status in PASSING or (status == 401 and not is_login)
    return isinstance(error, httpx.RequestError | Unreadable)


def retry_after(error: BaseException) -> float | None:
    """Seconds that the system asks us to wait: a number, or a date told by its own clock."""
    if not isinstance(error, httpx.HTTPStatusError):
        return None
    asked = error.response.headers.get("Retry-After", "")
    if asked.isdecimal():
        return float(asked)
    until = http_date(asked)
    now = http_date(error.response.headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds()) if until else None


def http_date(text: str) -> datetime | None:
    """The moment that a header tells; HTTP dates are in GMT, whether they say so or not."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def check_nature(response: httpx.Response, source: HttpSource) -> None:
    """Simulated answers never enter as real ones."""
    if response.headers.get("X-Data-Nature", source.data_nature) != source.data_nature:
        raise SourceRefusesUs(
            f"{source.code} says its data are {response.headers['X-Data-Nature']}, the sources "
            f"file says {source.data_nature}. Mend data_nature in the sources file."
        )


def explain(error: httpx.HTTPError, source: HttpSource, what: str) -> UserError:
    """The error in words that say which source, what, and what to do."""
    if isinstance(error, httpx.HTTPStatusError):
        status = error.response.status_code
        if status in (401, 403):
            return SourceRefusesUs(
                f"{source.code} ({source.name_vi}) rejects the account (HTTP {status}). Mend "
                f"login and password of the Airflow connection '{source.connection}'. Nothing "
                "was landed."
            )
        # A system that does not know what we ask for (any more): a cursor, a page beyond the end.
        is_disagreement = 400 <= status < 500 and status not in PASSING
        return (Incomplete if is_disagreement else SourceUnavailable)(
            f"{source.code} ({source.name_vi}), {what}: answered HTTP {status} to "
            f"{error.request.url.path}. Nothing was landed; the next run asks again."
        )
    return SourceUnavailable(
        f"{source.code} ({source.name_vi}), {what}: could not be reached: {error}. Nothing was "
        "landed; the next run asks again."
    )
