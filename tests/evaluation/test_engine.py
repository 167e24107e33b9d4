import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semcoder.errors import UserError
from semcoder.evaluation.engine import Completion, Engine, cut, open_engine
from semcoder.evaluation.sampling import EngineSettings, Sampling

PROMPTS = [
    "def add(a, b):\n",
    "x = 1\n",
    "import os\n\n\nclass A:\n    pass\n",
    "for",
    "if x:\n    return\n",
    "def",
]


@given(
    text=st.text(alphabet="ab[]", max_size=20),
    stops=st.lists(st.text(alphabet="ab[]", min_size=1), max_size=3),
)
def test_cut_ends_before_the_first_stop(text: str, stops: list[str]) -> None:
    kept, found = cut(text, stops)
    assert text.startswith(kept)
    assert not any(stop in kept for stop in stops)
    assert found == any(stop in text for stop in stops)
    assert not found or any(text[len(kept) :].startswith(stop) for stop in stops)


@pytest.fixture(scope="module")
def engine(tiny_model: Path) -> Engine:
    return open_engine(
        EngineSettings(kind="transformers", dtype="float32", batch_size=3), str(tiny_model), threads=1
    )


def write(engine: Engine, prompts: list[str], **sampling: Any) -> list[list[Completion]]:
    return list(engine.generate(prompts, Sampling(**{"max_tokens": 12, **sampling})))


def test_greedy_is_what_transformers_itself_writes(engine: Engine, tiny_model: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model, tokenizer = (
        AutoModelForCausalLM.from_pretrained(tiny_model),
        AutoTokenizer.from_pretrained(tiny_model),
    )
    for prompt, (completion,) in zip(PROMPTS, write(engine, PROMPTS), strict=True):
        ids = tokenizer(prompt, return_tensors="pt")
        full = model.generate(**ids, max_new_tokens=12, do_sample=False)[0]
        expected = tokenizer.decode(full[ids.input_ids.shape[1] :], skip_special_tokens=True)
        assert completion == Completion(expected, "length")


def test_answers_come_in_order_and_do_not_hang_on_the_batch(engine: Engine) -> None:
    alone = [write(engine, [prompt])[0] for prompt in PROMPTS]
    assert write(engine, PROMPTS * 3) == alone * 3
    assert write(engine, PROMPTS[::-1]) == alone[::-1]


def test_what_prompts_share_is_read_once_and_changes_nothing(engine: Engine) -> None:
    shots = "def f(x):\n    return x + 1\nassert f(2) == 3\n" * 4
    prompts = [shots + "def g(y):\n    return", shots + "f", shots + "f(3) ==", shots]
    read: list[tuple[int, ...]] = []
    model: Any = engine.model  # type: ignore[attr-defined]
    hook = model.register_forward_pre_hook(
        lambda _, __, given: read.append(tuple(given["input_ids"].shape)), with_kwargs=True
    )
    together = write(engine, prompts[:3])
    hook.remove()
    assert read[0][0] == 1 and read[0][1] > 32 and read[1][0] == 3 and read[1][1] < read[0][1]
    assert together == [write(engine, [prompt])[0] for prompt in prompts[:3]]
    assert write(engine, prompts) == [write(engine, [prompt])[0] for prompt in prompts]
    assert write(engine, prompts[:1], temperature=1.0, n=3) == write(
        engine, prompts[:1], temperature=1.0, n=3
    )


def test_draws_hang_on_seed_prompt_and_number_alone(engine: Engine) -> None:
    options = {"temperature": 1.0, "top_p": 0.9, "n": 3}
    first = write(engine, PROMPTS, **options)
    assert all(len(samples) == 3 for samples in first)
    assert len({sample.text for sample in first[0]}) == 3
    assert write(engine, PROMPTS[2:4], **options) == first[2:4]
    assert write(engine, PROMPTS, **options, seed=1) != first


def test_a_narrow_nucleus_is_greedy(engine: Engine) -> None:
    assert write(engine, PROMPTS, temperature=1.0, top_p=1e-6) == write(engine, PROMPTS)


def test_stop_text_ends_a_sample_and_is_cut_off(engine: Engine) -> None:
    ((whole,),) = write(engine, PROMPTS[:1])
    stop = whole.text[4:7]
    ((completion,),) = write(engine, PROMPTS[:1], stop=(stop, "never"))
    assert completion == Completion(whole.text[: whole.text.index(stop)], "stop")


def test_end_of_text_ends_a_sample_while_others_go_on(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch shrinks when samples finish; the rest must not notice."""
    before = write(engine, PROMPTS)
    tokens = [engine.tokenizer(samples[0].text).input_ids for samples in before]  # type: ignore[attr-defined]
    monkeypatch.setattr(engine, "ends", {tokens[0][2], tokens[1][3]})
    after = write(engine, PROMPTS)
    finishes = [samples[0].finish for samples in after]
    assert "stop" in finishes
    for (old,), (new,) in zip(before, after, strict=True):
        assert old.text.startswith(new.text)
        assert (old == new) == (new.finish == "length")


def test_prompt_without_room_is_cut_off_not_crashed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "room", 8)
    long, short = write(engine, ["word " * 50, "x"])
    assert long == [Completion("", "length")]
    assert short[0].finish == "length"
    assert len(engine.tokenizer("x" + short[0].text).input_ids) <= 8  # type: ignore[attr-defined]


def test_missing_model_and_missing_vllm_are_said(tmp_path: Path) -> None:
    for kind in ("transformers", "vllm"):
        with pytest.raises(UserError, match="no such directory"):
            open_engine(EngineSettings(kind=kind), str(tmp_path / "none"))  # type: ignore[arg-type]


class Server(BaseHTTPRequestHandler):
    """Completes with the prompt in capitals; fails each request once before that."""

    asked: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        again = body in self.asked
        self.asked.append(body)
        choice = {
            "index": 0,
            "text": f"{body['prompt'].upper()}:{body['seed']}[END] tail",
            "finish_reason": "length",
        }
        reply = {
            "id": "1",
            "object": "text_completion",
            "created": 0,
            "model": body["model"],
            "choices": [choice],
        }
        self.send_response(200 if again else 503)
        self.send_header("Content-Type", "application/json")
        self.send_header("retry-after-ms", "1")
        self.end_headers()
        self.wfile.write(json.dumps(reply).encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Server.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/v1"
        running.shutdown()


def test_server_is_asked_for_every_sample_with_its_own_seed(server: str) -> None:
    engine = open_engine(EngineSettings(kind="openai", url=server, batch_size=4), "served")
    answers = write(engine, ["a", "b", "c"], n=2, seed=7, stop=("[END]",), temperature=0.5)
    assert answers == [[Completion(f"{p}:{7 + k}", "stop") for k in range(2)] for p in "ABC"]
    assert {body["model"] for body in Server.asked} == {"served"}
    assert {(body["temperature"], body["max_tokens"]) for body in Server.asked} == {(0.5, 12)}
    assert write(engine, ["a"]) == [[Completion("A:0[END] tail", "length")]]


def test_server_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semcoder.evaluation.server.RETRIES", 0)
    engine = open_engine(EngineSettings(kind="openai", url="http://127.0.0.1:9/v1"), "served")
    with pytest.raises(UserError, match=r"http://127\.0\.0\.1:9/v1: Connection error"):
        write(engine, ["a"])
    with pytest.raises(UserError, match=r"engine\.url is empty"):
        open_engine(EngineSettings(kind="openai"), "served")
