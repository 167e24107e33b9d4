"""The page of monologues in a browser."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from semcoder import trace
from semcoder.demo import examples
from semcoder.monologue.evidence import Question, told
from semcoder.monologue.page import page
from semcoder.monologue.view import view
from semcoder.records import Program
from tests.browser.browsing import LOOKS, contrast, looking

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TEXT = "[L2] `kept` is ''.\n[L5] `kept` becomes 'a', and in the end `kept` becomes 'abc'.\n[L6] It returns 'aba'."


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    question = Question(Program(code=examples.FORWARD, entry_point="collapse"), '"aabba"')
    run = trace(examples.FORWARD, "collapse", '"aabba"')
    path = tmp_path_factory.mktemp("page") / "monologues.html"
    path.write_text(page([view(told("mono-1", "forward", TEXT, question, run, 0))]), encoding="utf-8")
    return path


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_it_steps_through_the_run_and_is_legible(
    browser: "Browser", file: Path, scheme: str, width: int
) -> None:
    with looking(browser, scheme, width) as watched:
        watched.page.goto(file.as_uri())
        assert "Step 1 of" in watched.page.locator("#place").inner_text()
        watched.page.get_by_role("button", name="Step on").click()
        assert "kept" in watched.page.locator("#vars").inner_text()
        watched.page.keyboard.press("End")
        assert "returns 'aba'" in watched.page.locator("#place").inner_text()
        assert "kept becomes 'abc'" in "".join(watched.page.locator("#told .false").all_inner_texts())
        watched.in_order()
        watched.picture(f"monologues-{scheme}-{width}")
        for selector in ("#told p", ".false", "#place", "#code .now", "td"):
            assert contrast(watched.page, selector) >= 4.5, selector
