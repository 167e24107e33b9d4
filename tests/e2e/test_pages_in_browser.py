"""The report and the pages of a finished run in a browser."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import Checkout

from tests.browser.browsing import LOOKS, Watched, chromium, looking

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

pytestmark = pytest.mark.timeout(1800)  # the first test may wait for the whole graph


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def report(browser: "Browser", finished: Checkout) -> Path:
    """The report, as `make quickstart` has it made."""
    path = Path(tempfile.mkdtemp(dir=finished.folder)) / "report.html"
    finished.run("--report", str(path))
    return path


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_report_opens_and_loads_nothing_from_elsewhere(
    browser: "Browser", report: Path, scheme: str, width: int
) -> None:
    with looking(browser, scheme, width) as watched:
        watched.page.goto(report.as_uri())
        menu(watched).wait_for()
        watched.in_order()
        watched.picture(f"report-{scheme}-{width}")


def test_every_part_of_the_report_is_there(browser: "Browser", report: Path) -> None:
    with looking(browser, "light", 1280) as watched:
        assert look_through(watched, report.as_uri()) >= 5


def menu(watched: Watched) -> "Locator":
    """A line of the report's menu that is always there."""
    return watched.page.get_by_role("link", name="Statistics", exact=True)


def look_through(watched: Watched, address: str) -> int:
    """Open every part of the report that its menu names; returns how many files the parts hold."""
    watched.page.goto(address)
    menu(watched).wait_for()
    names = [name for name in watched.page.locator("a").all_inner_texts() if name.strip()]
    files = 0
    for name in names:
        watched.page.goto("about:blank")  # the address alone would not load it anew
        watched.page.goto(address)
        watched.page.get_by_role("link", name=name, exact=True).click()
        watched.page.wait_for_timeout(300)
        watched.in_order()
        files += watched.page.locator("a[href^='data:']").count()
    return files


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_pages_of_a_run_are_in_order(
    browser: "Browser", finished: Checkout, scheme: str, width: int
) -> None:
    pages = sorted((finished.results / "pages").glob("*.html"))
    assert pages
    with looking(browser, scheme, width) as watched:
        for page in pages:
            watched.page.goto(page.as_uri())
            assert re.search(r"\w{4}", watched.page.locator("body").inner_text()), page.name
            watched.in_order()
            watched.picture(f"run-{page.stem}-{scheme}-{width}")
