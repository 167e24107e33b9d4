"""Options, paths and notes that rules take from the configuration."""

import copy
import hashlib
import json
import os
import platform
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from semcoder.errors import UserError
from semcoder.fetch import held_by
from semcoder.graph import Graph, one_of, option
from semcoder.report.claims import read_claims

ROOT = Path(__file__).parents[2]


def lay_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = copy.deepcopy(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = lay_over(merged[key], value) if both else value
    return merged


BASE = yaml.safe_load((ROOT / "config.yaml").read_text())
SMALL = lay_over(BASE, yaml.safe_load((ROOT / "profiles/quickstart/scale.yaml").read_text()))


@pytest.fixture(autouse=True)
def _at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3, ["--a-b", "3"]),
        ("x y'z", ["--a-b", "x y'z"]),
        ({"b": 1, "a": "it's"}, ["--a-b", '{"a": "it\'s", "b": 1}']),
        ([0, 1], ["--a-b", "0,1"]),
        ([{"kind": "stdlib"}], ["--a-b", '[{"kind": "stdlib"}]']),
        (None, []),
    ],
)
def test_an_option_reaches_the_command_as_it_is(value: Any, words: list[str]) -> None:
    assert shlex.split(option("a_b", value)) == words


def test_options_do_not_depend_on_the_order_of_keys() -> None:
    reordered = dict(reversed(list(SMALL.items())))
    reordered["teacher"] = dict(reversed(list(SMALL["teacher"].items())))
    one, other = Graph.of(SMALL), Graph.of(reordered)
    assert one.options(teacher="teacher", seed="pyx.seed") == other.options(
        teacher="teacher", seed="pyx.seed"
    )


def test_two_keys_swapped_give_other_options() -> None:
    graph = Graph.of(SMALL)
    plain = graph.options(min_lines="seeds.min_lines", max_lines="seeds.max_lines")
    assert plain != graph.options(min_lines="seeds.max_lines", max_lines="seeds.min_lines")


def test_benchmarks_that_cannot_be_had_are_left_out_and_a_mirror_brings_them_back(tmp_path: Path) -> None:
    columns = {column for _, column, _ in Graph.of(SMALL).evaluation.cells("scores")}
    assert columns == {"pyx_output", "pyx_input", "humaneval"}
    small = Graph.of(SMALL).data.looked_into_options("pyx.decontaminate")
    assert "'cruxeval=in no data.mirror, and data.reach has no url'" in small and "humaneval=data" in small
    (tmp_path / "cruxeval.jsonl").write_text("")
    graph = Graph.of(lay_over(SMALL, {"data": {"mirror": str(tmp_path)}}))
    assert "cruxeval_output" in {column for _, column, _ in graph.evaluation.cells("scores")}
    options = graph.data.looked_into_options("pyx.decontaminate")
    assert "--benchmark cruxeval=" in options and "mbpp_plus=in no data.mirror" in options


def test_a_note_on_a_base_follows_the_models_trained_from_it() -> None:
    assert "4-bit" in Graph.of(SMALL).evaluation.table_options("scores")


def test_released_checkpoints_are_asked_in_the_style_they_saw() -> None:
    evaluation = Graph.of(BASE).evaluation
    assert "--style upstream --label-offset 4" in evaluation.generation_options(
        "semcoder_1030", "cruxeval_output", "monologue"
    )
    assert "--style corrected --label-offset 0" in evaluation.generation_options(
        "semcoder", "cruxeval_output", "monologue"
    )
    assert "--revision 256e1e708fecda61c6a3f9cc7263affd4e59630c" in evaluation.refinement_options(
        "table3", "semcoder_1030"
    )


def test_a_model_that_was_not_trained_is_asked_as_one_asks_base_models() -> None:
    assert "--style base" in Graph.of(BASE).evaluation.generation_options(
        "deepseek-coder-6.7b-base", "humaneval", "code"
    )
    assert "--style base" in Graph.of(SMALL).evaluation.generation_options("smollm2-135m", "pyx_input", "cot")


def test_cruxevals_own_prompts_are_fetched_for_who_is_asked_with_them(tmp_path: Path) -> None:
    evaluation, base = Graph.of(BASE).evaluation, "deepseek-coder-6.7b-base"
    file = "data/external/cruxeval_prompts/prompts.py"
    for model, format in ((base, "cot"), (base, "direct"), ("semcoder_1030", "direct")):
        assert evaluation.few_shot(model, "cruxeval_input", format) == [file]
        assert f"--few-shot {file}" in evaluation.generation_options(model, "cruxeval_input", format)
    for model, benchmark, format in (
        (base, "lcb_execution", "cot"),
        (base, "pyx_output", "cot"),
        (base, "humaneval", "code"),
        ("semcoder", "cruxeval_input", "monologue"),
        ("semcoder", "cruxeval_input", "direct"),
        ("semcoder_1030", "cruxeval_input", "monologue"),
    ):
        assert evaluation.few_shot(model, benchmark, format) == []
        assert "few-shot" not in evaluation.generation_options(model, benchmark, format)
    asked = ("smollm2-135m", "cruxeval_output", "cot")
    (tmp_path / "cruxeval.jsonl").write_text("")
    assert Graph.of(small(tmp_path, mirror=str(tmp_path))).evaluation.few_shot(*asked) == []
    (tmp_path / "prompts.py").write_text("")
    mirrored = Graph.of(small(tmp_path, mirror=str(tmp_path))).evaluation
    assert mirrored.few_shot(*asked) == [str(tmp_path / "external/cruxeval_prompts/prompts.py")]


def test_a_benchmark_with_a_decoding_of_its_own_is_asked_so() -> None:
    """The authors' LiveCodeBench fork: ten samples of up to 2,000 tokens at T=0.2, top-p 0.95."""
    evaluation = Graph.of(BASE).evaluation
    words = shlex.split(evaluation.generation_options("semcoder", "lcb_generation", "code"))
    sampling = json.loads(words[words.index("--sampling") + 1])
    assert {key: sampling[key] for key in ("temperature", "top_p", "n", "max_tokens")} == {
        "temperature": 0.2,
        "top_p": 0.95,
        "n": 10,
        "max_tokens": 2000,
    }
    assert '"max_tokens": 1024' in evaluation.generation_options("semcoder", "humaneval", "code")
    assert '"max_tokens": 256' in evaluation.generation_options("semcoder", "cruxeval_input", "direct")


def test_pyx_asks_what_copying_does_not_answer() -> None:
    files = Graph.of(SMALL).evaluation.data_of("pyx_input")
    assert "results/quickstart/pyx/questions.jsonl" in files and not any("tests" in each for each in files)


def test_claims_want_only_scores_that_are_there_or_made_in_the_same_call(tmp_path: Path) -> None:
    evaluation = Graph.of(lay_over(BASE, {"results": str(tmp_path)})).evaluation
    assert evaluation.claims([]) == [] and evaluation.claim_options(["claims", "table7"]) == ""
    first, second = f"{tmp_path}/scores/semcoder_s", "humaneval.code.json"
    items = second.replace("json", "items.jsonl")
    wanted = f"--score 'semcoder_s|humaneval|{first}/{second}|{first}/{items}'"
    assert wanted in evaluation.claim_options(["claims", "table1"])
    assert evaluation.claims([f"{tmp_path}/tables/table1.md"]) == evaluation.claims(["table1"])
    assert len(evaluation.claims(["all"])) > len(evaluation.claims(["table1"]))
    assert evaluation.claim_files([f"{first}/{second}"]) == [f"{first}/{second}", f"{first}/{items}"]
    for each in ("semcoder", "deepseek-coder-6.7b-base"):
        path = (
            tmp_path / "scores" / each / f"cruxeval_input.{'monologue' if each == 'semcoder' else 'cot'}.json"
        )
        path.parent.mkdir(parents=True)
        path.write_text("{}")
    # Given without its verdicts, a score stands alone: to make these would be to train the model.
    assert all(len(paths) == 1 for *_, paths in evaluation.claims(["claims"]))
    for path in list(tmp_path.rglob("*.json")):
        path.with_suffix(".items.jsonl").write_text("")
    assert [(system, benchmark) for system, benchmark, _ in evaluation.claims(["claims"])] == [
        *[(system, "cruxeval_input") for system in ("base", "base_cot", "semcoder")],
    ]
    assert all(
        paths[1].endswith("cruxeval_input." + paths[0].split(".")[-2] + ".items.jsonl")
        for *_, paths in evaluation.claims(["claims"])
    )


def test_every_claim_is_about_systems_and_targets_that_there_are() -> None:
    evaluation = Graph.of(BASE).evaluation
    for claim in read_claims(ROOT / "claims.yaml"):
        targets = claim.target.split()
        assert set(targets) <= set(evaluation.names), claim
        made = {(system, benchmark) for system, benchmark, _ in evaluation.claims(targets)}
        systems = filter(None, (claim.system, claim.over, claim.better_than))
        assert {(each, claim.benchmark) for each in systems} <= made, claim


def test_claims_on_refinement_read_the_scores_of_its_rounds() -> None:
    evaluation, row = Graph.of(BASE).evaluation, "semcoder_s (monologue)"
    found = {(system, name): paths for system, name, paths in evaluation.claims(["figure3"])}
    last = "results/semcoder/refinement/figure3/semcoder_s/humaneval_plus.monologue/round5"
    assert found[f"figure3/{row}/5", "humaneval_plus"] == [f"{last}.json", f"{last}.items.jsonl"]
    first = "results/semcoder/scores/semcoder_s/humaneval_plus.code"
    assert found[f"figure3/{row}/0", "humaneval_plus"] == [f"{first}.json", f"{first}.items.jsonl"]


def test_mixture_options_hold_no_key_that_a_mixture_does_not_read() -> None:
    graph = Graph.of(BASE)
    faster = Graph.of(lay_over(BASE, {"recipes": {"semcoder": {"learning_rate": 1e-4}}}))
    assert graph.training.mixture_recipe("semcoder") == faster.training.mixture_recipe("semcoder")
    assert graph.training.recipe("semcoder") != faster.training.recipe("semcoder")


def test_a_mixture_of_instructions_alone_needs_no_monologues() -> None:
    files = Graph.of(BASE).training.mixture_inputs("data_oss_instruct")
    assert "rationales" not in files and "programs" not in files
    assert files["Magicoder-OSS-Instruct-75K"] == "results/semcoder/extras/Magicoder-OSS-Instruct-75K.jsonl"


def test_a_chain_of_recipes_ends_in_the_tokenizer_of_its_first_base() -> None:
    files = Graph.of(BASE).training.mixture_inputs("semcoder_s_pyx_r")
    assert files["tokenizer"] == "data/external/deepseek-coder-6.7b-base"
    assert files["refine"] == "results/semcoder/pyx_r/pyx_r.jsonl"


def test_a_wrong_key_stops_the_graph_with_a_sentence() -> None:
    with pytest.raises(UserError, match=r"unknown key pyx\.sead"):
        Graph.of(lay_over(BASE, {"pyx": {"sead": 1}}))


def test_constraints_match_whole_names_only() -> None:
    pattern = re.compile(f"(?:{one_of(['semcoder', 'semcoder_s'])})$")
    assert pattern.match("semcoder_s") and not pattern.match("semcoder_x")
    assert not re.match(one_of([]), "anything")


def test_two_workflows_do_not_share_a_results_folder(tmp_path: Path) -> None:
    graph = Graph.of(lay_over(SMALL, {"results": str(tmp_path / "r")}))
    graph.hold_results()
    with pytest.raises(UserError, match="another workflow works there"):
        graph.hold_results()


def test_what_the_command_line_says_has_the_types_it_is_written_in() -> None:
    """Snakemake hands `--config 'pyx={"seed": 7}'` on as text."""
    said = {"pyx": {"seed": "7", "heldout": "1e-1"}, "data": {"mirror": "null"}, "results": "results/7"}
    said |= {"recipes": {"quickstart": {"offload": "True", "learning_rate": "1e-4"}}}
    graph = Graph.of(lay_over(SMALL, said), said=said)
    assert (graph.config.pyx.seed, graph.config.pyx.heldout, graph.config.data.mirror) == (7, 0.1, None)
    assert graph.config.recipes["quickstart"].offload is True
    assert graph.results == "results/7"


def small(tmp_path: Path, **data: Any) -> dict[str, Any]:
    places = {"directory": str(tmp_path / "external"), **data}
    return lay_over(SMALL, {"results": str(tmp_path / "results"), "data": places})


def test_a_mirror_that_offers_nothing_changes_no_parameter(tmp_path: Path) -> None:
    plain, mirrored = Graph.of(small(tmp_path)), Graph.of(small(tmp_path, mirror=str(tmp_path)))
    assert plain.data.fetch_options != mirrored.data.fetch_options
    assert plain.data.looked_into_options("pyx.decontaminate") == mirrored.data.looked_into_options(
        "pyx.decontaminate"
    )
    assert plain.evaluation.table_options("scores") == mirrored.evaluation.table_options("scores")
    assert plain.data.pin("humaneval") == mirrored.data.pin("humaneval")


def test_no_rule_has_the_mirror_among_its_parameters() -> None:
    rules = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    assert "data.mirror" not in rules and "data.reach" not in rules


@pytest.mark.parametrize("place", ["cruxeval.jsonl", "cruxeval", "cruxeval/cruxeval.jsonl"])
def test_the_graph_and_the_fetch_find_the_same_files_in_a_mirror(tmp_path: Path, place: str) -> None:
    mirror = tmp_path / "mirror"
    graph = Graph.of(small(tmp_path, mirror=str(tmp_path)))
    assert not graph.data.has("cruxeval")
    (mirror / "cruxeval").mkdir(parents=True)  # a folder alone is no file
    assert not Graph.of(small(tmp_path, mirror=str(mirror))).data.has("cruxeval")
    (mirror / "cruxeval").rmdir()
    (mirror / place).parent.mkdir(exist_ok=True)
    (mirror / place).write_text("")
    graph = Graph.of(small(tmp_path, mirror=str(mirror)))
    assert graph.data.has("cruxeval")
    assert held_by(mirror, graph.entries["cruxeval"]) == mirror / place


def fetched(tmp_path: Path, content: bytes) -> dict[str, Any]:
    """A configuration whose `humaneval` is pinned to `content` and lies fetched."""
    rows = (ROOT / "data/versions.csv").read_text().splitlines()
    pinned = hashlib.sha256(content).hexdigest()
    pins = [re.sub("b796127e[0-9a-f]{56}", pinned, row) for row in rows]
    (tmp_path / "versions.csv").write_text("\n".join(pins) + "\n")
    path = tmp_path / "external/humaneval/HumanEval.jsonl.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return small(tmp_path, versions=str(tmp_path / "versions.csv"))


def test_an_edited_external_file_stops_the_graph(tmp_path: Path) -> None:
    values = fetched(tmp_path, b"right")
    Graph.of(values)
    path = tmp_path / "external/humaneval/HumanEval.jsonl.gz"
    path.write_bytes(b"wrong")  # the same size
    with pytest.raises(UserError) as caught:
        Graph.of(values)
    for content in (b"right", b"wrong"):
        assert hashlib.sha256(content).hexdigest() in str(caught.value)
    assert str(path) in str(caught.value) and "delete it" in str(caught.value)
    path.unlink()
    Graph.of(values)


def test_a_table_of_versions_without_a_benchmark_that_is_asked_for_is_named(tmp_path: Path) -> None:
    rows = (ROOT / "data/versions.csv").read_text().splitlines(keepends=True)
    (tmp_path / "v.csv").write_text(
        "".join(row for row in rows if not row.startswith("livecodebench_execution,"))
    )
    with pytest.raises(UserError, match=r"v\.csv: has no row livecodebench_execution"):
        Graph.of(lay_over(BASE, {"data": {"versions": str(tmp_path / "v.csv")}}))


def test_an_external_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = fetched(tmp_path, b"right")
    Graph.of(values)

    def never(path: Path) -> str:
        raise AssertionError(path)

    monkeypatch.setattr("semcoder.graph.hashes.sha256_of", never)
    Graph.of(values)
    (tmp_path / "external/humaneval/HumanEval.jsonl.gz").write_bytes(b"longer")
    with pytest.raises(AssertionError, match="HumanEval"):
        Graph.of(values)


def test_a_damaged_store_of_hashes_costs_a_look_and_nothing_else(tmp_path: Path) -> None:
    values = fetched(tmp_path, b"right")
    Graph.of(values)
    (tmp_path / "results/.hashes.json").write_text("{")
    Graph.of(values)


def corpus_state(tmp_path: Path, kind: str, path: Path) -> str:
    source = {"kind": kind, "path": str(path), "name": "mine"}
    return Graph.of(lay_over(small(tmp_path), {"seeds": {"sources": [source]}})).data.corpora_state


def test_an_edit_anywhere_below_a_corpus_is_seen_and_a_touch_is_not(tmp_path: Path) -> None:
    module = tmp_path / "corpus/package/a.py"
    module.parent.mkdir(parents=True)
    module.write_text("x = 1\n")
    before = corpus_state(tmp_path, "directory", tmp_path / "corpus")
    os.utime(module, (1, 1))
    (tmp_path / "corpus/notes.txt").write_text("not read")
    (tmp_path / "corpus/.git").mkdir()
    (tmp_path / "corpus/.git/hook.py").write_text("not read")
    assert corpus_state(tmp_path, "directory", tmp_path / "corpus") == before
    module.write_text("x = 2\n")
    edited = corpus_state(tmp_path, "directory", tmp_path / "corpus")
    (tmp_path / "corpus/LICENSE").write_text("MIT")
    licensed = corpus_state(tmp_path, "directory", tmp_path / "corpus")
    module.rename(module.with_name("b.py"))
    renamed = corpus_state(tmp_path, "directory", tmp_path / "corpus")
    assert len({before, edited, licensed, renamed}) == 4


def test_a_corpus_in_one_file_is_known_by_its_content(tmp_path: Path) -> None:
    rows = tmp_path / "a.jsonl"
    rows.write_text('{"content": "x = 1"}\n')
    before = corpus_state(tmp_path, "jsonl", rows)
    rows.write_text('{"content": "x = 2"}\n')
    assert corpus_state(tmp_path, "jsonl", rows) != before


def test_the_standard_library_is_known_by_its_interpreter() -> None:
    assert platform.python_version() in Graph.of(SMALL).data.corpora_state


def test_a_fetched_corpus_is_an_input_and_another_is_not(tmp_path: Path) -> None:
    assert Graph.of(BASE).data.corpora == ["data/external/starcoderdata"]
    (tmp_path / "a.py").write_text("")
    source = {"kind": "directory", "path": str(tmp_path), "name": "mine"}
    assert Graph.of(lay_over(SMALL, {"seeds": {"sources": [source]}})).data.corpora == []


@pytest.mark.parametrize(
    ("writer", "sources"),
    [("trace", ["trace"]), ("teacher", ["trace", "teacher"]), ("translation", ["trace", "translation"])],
)
def test_monologues_are_compared_with_those_of_the_trace(writer: str, sources: list[str]) -> None:
    graph = Graph.of(lay_over(BASE, {"monologue": {"writer": writer}, "pyx": {"shards": 2}}))
    words = shlex.split(graph.evaluation.quality_options)
    assert words.count("--monologues") == words.count("--summary") == 4 * len(sources)
    named = [word.partition("=") for word in words if "=" in word]
    assert list(dict.fromkeys(name for name, *_ in named)) == sources
    assert all(f"/monologues/{name}/" in path for name, _, path in named)
    assert {path for *_, path in named if path.endswith("summary.json")} <= set(graph.evaluation.summaries)
    first = graph.evaluation.shown_monologues["monologues"]
    assert [path.rpartition(f"/monologues/{writer}/")[2] for path in first] == [
        "forward/1-of-2.jsonl",
        "backward/1-of-2.jsonl",
    ]


def test_a_writer_that_needs_a_model_is_refused_without_one() -> None:
    with pytest.raises(UserError, match=r"monologue\.writer is translation.*teacher\.kind"):
        Graph.of(lay_over(SMALL, {"monologue": {"writer": "translation"}}))


RELEASED = lay_over(BASE, yaml.safe_load((ROOT / "profiles/released.yaml").read_text()))


def test_released_data_stand_where_ours_would() -> None:
    graph = Graph.of(RELEASED)
    assert graph.training.mixture_options("semcoder").endswith(
        f"--released {graph.results}/released/PyX.jsonl"
    )
    assert graph.training.mixture_options("semcoder_pyx_r").endswith(
        f"--refine {graph.results}/released/PyX-R.jsonl"
    )
    needed = graph.data.needed(["table3"], pyx=False)
    assert needed[:2] == ["PyX", "PyX-R"] and "starcoderdata" not in graph.data.used
    assert graph.data.needed(["table6"], pyx=False)[:1] == ["PyX"]
    assert not {"PyX", "PyX-R"} & {*Graph.of(BASE).data.used}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"prompts": {"style": "corrected"}}, "set prompts.style to upstream and prompts.label_offset to 4"),
        ({"targets": ["table2"]}, "targets: table2 needs recipe ablation_scratchpad, whose rows"),
        (
            {"tables": {"table6": {"benchmarks": ["pyx_output"]}}},
            "targets: table6 needs pyx_output, which is made of",
        ),
    ],
)
def test_what_the_released_data_cannot_give_is_refused(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        Graph.of(lay_over(RELEASED, change))


def test_what_is_published_names_no_folder_of_this_machine_and_its_settings_decide_rows(
    tmp_path: Path,
) -> None:
    source = {"kind": "directory", "path": str(tmp_path), "name": "mine"}
    private = Graph.of(lay_over(SMALL, {"seeds": {"sources": [source]}})).releases
    assert str(tmp_path) not in private.options and '"name": "mine"' in private.options
    small, whole = Graph.of(SMALL).releases, Graph.of(BASE).releases
    assert "pyx_r" not in small.inputs and "--program-writer source" in small.options
    assert whole.inputs["pyx_r"] == f"{BASE['results']}/pyx_r/pyx_r.jsonl"
    same = lay_over(BASE, {"pyx": {"shards": 9}, "teacher": {"concurrency": 3}, "monologue": {"pages": 9}})
    assert Graph.of(same).releases.configuration == whole.configuration
    other = Graph.of(lay_over(BASE, {"teacher": {"temperature": 0.1}})).releases
    assert other.configuration != whole.configuration


def test_the_baselines_of_table_1_are_due_where_their_profile_is_laid_over_and_nowhere_else() -> None:
    laid = lay_over(BASE, yaml.safe_load((ROOT / "profiles/baselines.yaml").read_text()))
    usual, more = (set(Graph.of(each).data.needed(["table1"], pyx=True)) for each in (BASE, laid))
    baselines = {
        name for name, entry in Graph.of(BASE).entries.items() if "baseline of Table 1" in entry.note
    }
    assert len(baselines) == 12  # with the base of SemCoder 13
    assert more - usual == baselines and usual <= more
