"""A real browser, and words on its pages."""

import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from language import english_lines
from playwright.sync_api import Browser, Page

from sipas.local.demo import Demo
from tests import reader
from tests.reader import opened_browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, speaking to nobody but us."""
    with opened_browser() as made:
        yield made


@pytest.fixture(scope="session")
def log_in(browser: Browser, demo: Demo) -> Callable[[str, str], Page]:
    """A function (user name, key of the password) → a new window of Superset, logged in."""
    return partial(reader.log_in, browser, demo.instance)


@pytest.fixture(scope="session")
def english() -> re.Pattern[str]:
    """What Superset says in English."""
    return english_lines()
