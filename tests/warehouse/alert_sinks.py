"""A real mail server and a real webhook on this machine, for the tests of alerts."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from secrets import token_hex
from threading import Thread

from aiosmtpd.controller import Controller

NOBODY = "khong-co@tinh.example"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class MailServer:
    """Takes mail for everybody but NOBODY, whenever it is up."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[tuple[str, Message]] = []

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        """Refuses one address, as a mail server refuses one that it does not know."""
        if address == NOBODY:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        """Keeps the mail."""
        mail = message_from_bytes(envelope.content, policy=default)
        self.mails += [(address, mail) for address in envelope.rcpt_tos]
        return "250 OK"

    @contextmanager
    def up(self) -> Iterator[None]:
        """Within, it answers."""
        controller = Controller(self, hostname="127.0.0.1", port=self.port)
        controller.start()
        try:
            yield
        finally:
            controller.stop()

    def connection(self) -> str:
        """Airflow's connection to it."""
        extra = {
            "from_email": "kho-du-lieu@tinh.example",
            "disable_tls": True,
            "disable_ssl": True,
            "timeout": 5,
            "retry_limit": 1,
        }
        told = {"conn_type": "smtp", "host": "127.0.0.1", "port": self.port, "extra": extra}
        return json.dumps(told)

    def texts(self) -> list[str]:
        """What each mail says."""
        return [
            mail.get_body(preferencelist=("html", "plain")).get_content() for _, mail in self.mails
        ]


class Webhook:
    """Keeps what is posted to it, or answers with a fault."""

    def __init__(self) -> None:
        self.status, self.token = 200, token_hex(8)
        self.posts: list[tuple[str, str | None, dict]] = []

    @contextmanager
    def up(self) -> Iterator[str]:
        """Within, it answers; gives Airflow's connection to it."""
        posts, hook = self.posts, self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if hook.status == 200:
                    posts.append((self.path, self.headers.get("Authorization"), body))
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield json.dumps(
                {
                    "conn_type": "http",
                    "schema": "http",
                    "host": "127.0.0.1",
                    "port": server.server_port,
                    "password": hook.token,
                    "extra": {"path": "/hooks/sipas"},
                }
            )
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
