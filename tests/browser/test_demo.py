"""The demo in a browser: a scripted model, the real sandbox, the real verifier."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from semcoder.demo import examples
from tests.browser.browsing import LOOKS, Watched, contrast, looking, missing
from tests.demo.scripted import HOSTILE, reply
from tests.evaluation.planted_server import planted

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-demo/bin/python"
TABS = {
    "Write": "Write it",
    "Output": "Predict the output",
    "Input": "Predict an input",
    "Debug": "Debug it",
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the demo is, started as a user would."""
    if not PYTHON.exists():
        missing(".venv-demo", "python envs/install.py demo")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENAI_API_KEY": "a key", "NO_PROXY": "127.0.0.1"}
    with planted(reply) as model, socket.create_server(("127.0.0.1", 0)) as outside:
        proxy = (
            f"http://127.0.0.1:{outside.getsockname()[1]}"  # whatever is asked of another machine comes here
        )
        environment |= {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "ALL_PROXY": proxy}
        command = [str(PYTHON), "-m", "semcoder.cli", "demo", "--server", model.url, "--port", "0"]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr
            said = []
            for line in process.stderr:
                said.append(line)
                if found := re.search(r"http://127\.0\.0\.1:\d+(?= )", line):
                    yield found[0]
                    break
            else:
                pytest.fail("".join(said))
        finally:
            process.terminate()
            process.wait(20)
        outside.setblocking(False)
        with pytest.raises(BlockingIOError):
            outside.accept()
    assert model.keys == {"Bearer a key"}


def ask(watched: Watched, tab: str) -> str:
    """Press a tab's button and return the reply's text."""
    page = watched.page
    page.get_by_role("tab", name=tab, exact=True).click()
    page.get_by_role("button", name=TABS[tab], exact=True).click()
    page.locator(".reply .verdict:visible").wait_for()
    return page.locator(".reply:visible").inner_text()


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_each_question_is_legible_and_stays_on_this_machine(
    browser: "Browser", address: str, scheme: str, width: int
) -> None:
    with looking(browser, scheme, width) as watched:
        watched.page.goto(address)
        for tab in TABS:
            assert "Right." in ask(watched, tab)
            watched.in_order()
            watched.picture(f"demo-{tab}-{scheme}-{width}")
            for selector in (".verdict", "mark.claim, .legend .claim", ".reply pre", ".reply h3"):
                if watched.page.locator(selector).count():
                    assert contrast(watched.page, selector) >= 4.5, selector
        ground = watched.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (int(re.findall(r"\d+", ground)[0]) < 128) == (scheme == "dark")


def test_claims_are_marked_by_what_the_run_did(browser: "Browser", address: str) -> None:
    with looking(browser, "light", 1280) as watched:
        watched.page.goto(address)
        said = ask(watched, "Output")
        found = {
            name: watched.page.locator(f"mark.{name}").all_inner_texts() for name in ("true", "false", "open")
        }
        assert any("`kept` is set to ''" in each for each in found["true"])
        assert [each for each in found["false"] if "kept" in each] == ["✗`kept` becomes 'abc'"]
        assert all(each.startswith("✓") for each in found["true"])
        assert found["open"] == ["?`speed` is 7"]
        assert "is false; really: kept = " in said
        assert HOSTILE in said and not watched.faults  # text, never markup
        legend = watched.page.locator(".legend").inner_text()
        assert re.search(r"✓\d+ true.*✗1 false.*\?1 not checkable", legend.replace("\n", " "))


def test_a_program_is_judged_by_the_tests_that_are_there(browser: "Browser", address: str) -> None:
    with looking(browser, "light", 1280) as watched:
        watched.page.goto(address)
        tests = watched.page.get_by_label("Tests").first
        tests.fill("assert running_maximum([3, 1]) == [3, 3]\nassert running_maximum([1]) == [2]")
        watched.page.get_by_role("button", name="Write it").click()
        verdict = watched.page.locator(".verdict:visible")
        verdict.wait_for()
        assert "passes 1 of 2 tests" in verdict.inner_text()
        assert (
            "✗ assert running_maximum([1]) == [2] wrong: [1]" in watched.page.locator(".tests").inner_text()
        )
        tests.fill("assert running_maximum(")
        watched.page.get_by_role("button", name="Write it").click()
        watched.page.get_by_text("tests, line 1: not Python").wait_for()
        watched.in_order()


def test_a_program_that_is_right_is_not_debugged(browser: "Browser", address: str) -> None:
    with looking(browser, "light", 1280) as watched:
        watched.page.goto(address)
        watched.page.get_by_role("tab", name="Debug").click()
        program = watched.page.get_by_label("Program that fails")
        program.fill(examples.BUGGY.replace("= numbers", "= sorted(numbers)"))
        watched.page.get_by_role("button", name="Debug it").click()
        watched.page.get_by_text("there is nothing to debug").wait_for()
        watched.in_order()


def test_only_this_machine_is_listened_to(address: str) -> None:
    port = address.rpartition(":")[2]
    bound = subprocess.run(
        [sys.executable, "-c", LISTENING, port], capture_output=True, text=True, check=True
    )
    assert bound.stdout.split() == ["0100007F"]


LISTENING = """
import sys
rows = [line.split() for name in ("tcp", "tcp6") for line in open(f"/proc/net/{name}").readlines()[1:]]
print(*[row[1].split(":")[0] for row in rows if row[3] == "0A" and int(row[1].split(":")[1], 16) == int(sys.argv[1])])
"""
