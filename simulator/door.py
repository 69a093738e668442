"""Accounts and tokens of the one-stop systems."""

import secrets
from time import monotonic

from fastapi import HTTPException
from pydantic import BaseModel

TOKEN_SECONDS = 1800


class Login(BaseModel):
    """Body of a token request."""

    username: str
    password: str


class Doorkeeper:
    """Gives out tokens and knows them again. Only here does wall-clock time pass."""

    def __init__(self, username: str, password: str) -> None:
        self._login = (username.encode(), password.encode())
        self._tokens: dict[tuple[str, str], float] = {}

    def admit(self, system: str, login: Login) -> str:
        """A token for the system; raises HTTPException 401 for another account than ours."""
        right = [
            secrets.compare_digest(given.encode(), wanted)
            for given, wanted in zip((login.username, login.password), self._login, strict=True)
        ]
        if not all(right):
            raise HTTPException(401, "Sai tên đăng nhập hoặc mật khẩu")
        now = monotonic()
        self._tokens = {key: until for key, until in self._tokens.items() if until > now}
        token = secrets.token_urlsafe(24)
        self._tokens[system, token] = now + TOKEN_SECONDS
        return token

    def check(self, system: str, token: str | None) -> None:
        """Raises HTTPException 401 unless the token opens the system."""
        if self._tokens.get((system, token or ""), 0) <= monotonic():
            raise HTTPException(
                401, "Thiếu token hoặc token hết hạn", {"WWW-Authenticate": "Bearer"}
            )

    def forget(self, system: str) -> None:
        """Every token of the system expires."""
        self._tokens = {key: until for key, until in self._tokens.items() if key[0] != system}
