"""Chromium over a page: what it says, what it asks for, what its links lead to, and pictures of it."""

import base64
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (1280, 400)]
SHOTS = os.environ.get("SEMCODER_SCREENSHOTS", "")
"""A folder that pictures are left in, for people to look at."""
REQUIRED = os.environ.get("SEMCODER_BROWSER") == "required"
PLACES = """
nodes => nodes.map(node => [node.tagName, node.getAttribute("href") ?? node.getAttribute("src")])
              .filter(([, place]) => place !== null)
"""


def missing(what: str, remedy: str) -> None:
    """Skip the tests that need `what`, or fail where browser tests are required."""
    (pytest.fail if REQUIRED else pytest.skip)(f"no {what}: {remedy}")


@contextmanager
def chromium() -> Iterator["Browser"]:
    """The system's browser, on a profile of its own."""
    if find_spec("playwright") is None:
        missing("playwright", "python envs/install.py browser")
    path = shutil.which("chromium")
    if not path:
        missing("chromium", "apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page under watch: `faults` of its console and scripts, and `strayed` requests to other machines."""

    def __init__(self, page: "Page") -> None:
        self.page = page
        self.faults: list[str] = []
        self.strayed: list[str] = []
        self.refused: list[str] = []
        page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda asked: None if is_here(asked.url) else self.strayed.append(asked.url))
        page.on("response", lambda got: self.refused.append(got.url) if got.status >= 400 else None)
        page.on("requestfailed", self._failed)

    def _failed(self, asked: "Request") -> None:
        if (
            asked.failure != "net::ERR_ABORTED"
        ):  # which the page does itself, to a stream that it has read enough of
            self.refused.append(f"{asked.url}: {asked.failure}")

    def in_order(self) -> None:
        """Nothing went wrong, nothing left the machine, every link and picture is there, nothing is cut off."""
        wrong = [*self.faults, *self.strayed, *self.refused]
        assert not wrong, "\n".join(wrong)
        for tag, place in self.page.locator("a, img, link, script, source, iframe").evaluate_all(PLACES):
            assert self._leads_somewhere(tag, place), f"{tag.lower()} {place[:200]}"
        broken = self.page.locator("img").evaluate_all(
            "nodes => nodes.filter(node => node.complete && !node.naturalWidth).map(node => node.src.slice(0, 200))"
        )
        assert not broken, broken
        wide = self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide[0] <= wide[1] + 1, f"the page is {wide[0]} pixels wide in a window of {wide[1]}"

    def _leads_somewhere(self, tag: str, place: str) -> bool:
        url = urlsplit(place)
        if url.scheme == "data":
            head, _, body = place.partition(",")
            return bool(base64.b64decode(body, validate=True) if head.endswith(";base64") else body)
        if url.scheme in ("http", "https") and not is_here(place):
            return tag == "A" and bool(url.netloc)  # a reader may follow it; the page does not
        if url.scheme in ("javascript", "blob", "mailto"):
            return tag == "A"
        if not url.path and not url.netloc:
            return not url.fragment or self.page.locator(f"[id='{url.fragment}']").count() == 1
        there = self.page.evaluate("place => new URL(place, document.baseURI).href", place)
        if there.startswith("file:"):
            return Path(urlsplit(there).path).exists()
        return bool(self.page.request.get(there).ok)

    def picture(self, name: str) -> None:
        """Leave a picture of the whole page."""
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def is_here(url: str) -> bool:
    """Whether nothing but this machine is asked."""
    parts = urlsplit(url)
    return parts.scheme in ("data", "blob", "file", "about") or parts.hostname in ("127.0.0.1", "localhost")


@contextmanager
def looking(browser: "Browser", scheme: str, width: int) -> Iterator[Watched]:
    """A fresh page in a window of that width, for a reader who prefers light or dark."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    try:
        yield Watched(context.new_page())
    finally:
        context.close()


def contrast(page: "Page", selector: str) -> float:
    """The lowest contrast of text on its ground among the elements (WCAG 2.1); legible from 4.5 on."""
    return float(
        page.locator(selector).evaluate_all(
            """nodes => {
              const parts = text => text.match(/[\\d.]+/g).map(Number);
              const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
                .map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
                .reduce((sum, c, k) => sum + c * [.2126, .7152, .0722][k], 0);
              const ground = node => {
                for (let at = node; at; at = at.parentElement) {
                  const found = parts(getComputedStyle(at).backgroundColor);
                  if (found.length < 4 || found[3] > .99) return found;
                }
                return [255, 255, 255];
              };
              return Math.min(...nodes.map(node => {
                const [a, b] = [light(parts(getComputedStyle(node).color)), light(ground(node))];
                return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
              }));
            }"""
        )
    )
