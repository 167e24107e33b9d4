"""A browser for the tests of a page."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.browsing import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")  # its driver's event loop is in the way of others
def browser() -> Iterator["Browser"]:
    with chromium() as found:
        yield found
