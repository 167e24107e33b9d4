"""The report and the pages of a finished run in a browser."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import Checkout

from tests.browser.browsing import LOOKS, chromium, looking

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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
def test_the_report_shows_its_results_and_loads_nothing_from_elsewhere(
    browser: "Browser", report: Path, scheme: str, width: int
) -> None:
    with looking(browser, scheme, width) as watched:
        watched.page.goto(report.as_uri())
        watched.page.get_by_text("Results", exact=False).first.wait_for()
        watched.picture(f"report-{scheme}-{width}")
        watched.in_order()


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
