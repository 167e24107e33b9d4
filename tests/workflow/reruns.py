"""For every key of the configuration: the rules whose jobs a change of it gives something else to do.

The results of these jobs, and all that is made from them, are made again; nothing else is. A key below a name of the
user's choice stands for all such names: `recipes.semcoder.epochs` for `recipes.*.epochs`.
"""

from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
BASE: dict[str, Any] = {
    "pyx": {"shards": 2},
    "evaluation": {"shards": 1},
    "targets": ["table1", "table2", "table3", "table5", "table7", "table8", "figure5", "figure6"],
    "tables": {
        "table1": {
            "systems": ["base", "semcoder", "semcoder_1030"],
            "benchmarks": ["humaneval_plus", "lcb_generation", "cruxeval_output"],
        },
        "table2": {
            "systems": ["base_cot", "concise", "next"],
            "paired": [],
            "benchmarks": ["cruxeval_input"],
        },
        "table5": {"systems": ["direct"], "benchmarks": ["cruxeval_input"]},
        "table8": {"systems": ["pyx"], "benchmarks": ["humaneval"]},
    },
    "refinement": {"table3": {"benchmarks": ["humaneval"], "rounds": [0, 2]}},
}
"""Laid over config.yaml: the paper's graph with few shards, systems, benchmarks and rounds, every rule among them."""
TRACE = {"monologue": {"writer": "trace"}}
TRANSLATION = {"monologue": {"writer": "translation"}}
TRANSFORMERS = {"evaluation": {"engine": {"kind": "transformers"}}}
SERVER = {"evaluation": {"engine": {"kind": "openai", "url": "https://server/v1"}}}
STDLIB = {"seeds": {"sources": [{"kind": "stdlib"}]}}
UPSTREAM = {
    "prompts": {"style": "upstream", "label_offset": 4},
    "targets": ["table1", "table3", "table7", "table8"],
}
ROBUSTNESS = {"beyond": {"robustness": {"enabled": True, "systems": ["base", "semcoder_1030"]}}}
STATES = {"beyond": {"states": {"enabled": True, "systems": ["base", "semcoder"]}}}
PADDED = {"recipes": {"semcoder": {"pack_tokens": None}}}


class Row(NamedTuple):
    """The `new` value of a key and the rules, a word each, that it reaches; `over` is laid over BASE first."""

    key: str
    new: Any
    rules: str = ""
    over: dict[str, Any] | None = None


LIMITED = (
    "synthesize expand_inputs trace sample_monologues build_pyx_r monologue_quality monologue_pages executability "
    "solve_contests"
)
"""Rules whose programs run under the limits of `execution`."""
ASKED = "synthesize expand_inputs sample_monologues build_pyx_r solve_contests"
"""Rules that ask the teacher."""
GENERATING = "generate sample_buggy refine_round"
SHARDED = (
    "overview clean_extra mix yields teacher_usage monologue_quality monologue_pages plot_lengths select"
)

TABLE = [
    # Where things are: another folder is another set of files, and the old ones stay.
    Row("results", "results/other"),
    Row("data.versions", str(ROOT / "data/versions.csv")),
    Row(
        "data.directory",
        "elsewhere",
        "select read_contests clean_extra train mix generate score refine_round score_round executability similarity",
        STDLIB,
    ),
    Row("data.mirror", str(ROOT / "tests")),
    Row("data.reach", ["pypi", "url", "hub"][::-1]),
    Row("containers.directory", "elsewhere"),
    Row("containers.lock", "elsewhere.lock"),
    Row("containers.base", f"python@sha256:{'0' * 64}"),
    Row("execution.cpu_seconds", 9.0, LIMITED),
    Row("execution.memory_mb", 999, LIMITED),
    Row("execution.isolation", "rlimits-only"),
    Row("execution.hash_seeds", [0, 2], "expand_inputs"),
    Row("seeds.sources", [{"kind": "stdlib"}], "extract_seeds"),
    Row("seeds.kinds", ["function"], "extract_seeds"),
    Row("seeds.fraction", 0.5, "extract_seeds"),
    Row("seeds.min_lines", 4, "extract_seeds"),
    Row("seeds.max_lines", 61, "extract_seeds"),
    Row("seeds.max_context_lines", 81, "extract_seeds"),
    Row("seeds.statements_per_file", 2, "extract_seeds"),
    Row("seeds.seed", 1, "extract_seeds"),
    # A teacher: who answers and what is asked counts, how and where it is asked does not.
    Row("teacher.kind", "grounded", "synthesize expand_inputs build_pyx_r solve_contests overview", TRACE),
    Row("teacher.problem_model", "other", "synthesize"),
    Row("teacher.solution_model", "other", "synthesize expand_inputs solve_contests"),
    Row("teacher.monologue_model", "other", "sample_monologues build_pyx_r"),
    Row("teacher.monologue_model", "other", "translate_monologues build_pyx_r", TRANSLATION),
    Row("teacher.temperature", 0.7, ASKED),
    Row("teacher.max_tokens", 2047, ASKED),
    Row("teacher.samples", 5, "sample_monologues build_pyx_r"),
    Row("teacher.base_url", "https://server/v1"),
    Row("teacher.key_variable", "OTHER_KEY"),
    Row("teacher.concurrency", 3),
    Row("teacher.batch", True),
    Row("teacher.batch_tokens", 2_000_000),
    Row("teacher.timeout_s", 3.0),
    Row("teacher.attempts", 3),
    Row("teacher.store", "results/other-store"),
    Row("teacher.budget_tokens", 3),
    Row("teacher.budget_dollars", 3.0),
    Row("teacher.prices", {"gpt-4o-mini-2024-07-18": {"prompt": 1.0, "completion": 2.0}}, "teacher_usage"),
    Row("pyx.source", "released", "mix yields overview", UPSTREAM),
    Row("pyx.shards", 3, SHARDED),
    Row("pyx.retries", 4, "synthesize"),
    Row("pyx.filters.max_functions", 2, "expand_inputs"),
    Row("pyx.filters.max_lines", 61, "expand_inputs"),
    Row("pyx.filters.max_branches", 13, "expand_inputs"),
    Row("pyx.filters.allow_classes", True, "expand_inputs"),
    Row("pyx.inputs.threshold", 11, "expand_inputs"),
    Row("pyx.inputs.at_least", 4, "expand_inputs"),
    Row("pyx.inputs.rounds", 5, "expand_inputs"),
    Row("pyx.inputs.max_chars", 201, "expand_inputs"),
    Row("pyx.near_duplicates.threshold", 0.6, "select"),
    Row("pyx.near_duplicates.permutations", 64, "select"),
    Row("pyx.decontaminate", ["humaneval_plus"], "select"),
    Row("pyx.heldout", 0.02, "select"),
    Row("pyx.max_programs", 9, "select"),
    Row("pyx.seed", 1, "expand_inputs select"),
    Row("tracing.per_program", 9, "trace"),
    Row("tracing.max_events", 299, "trace"),
    Row("tracing.max_value_chars", 399, "trace"),
    Row("tracing.max_format_chars", 5999, "render"),
    Row(
        "monologue.writer",
        "trace",
        "overview mix yields teacher_usage monologue_quality monologue_pages plot_lengths",
    ),
    Row("monologue.verify", False, "sample_monologues"),
    Row("monologue.revisions", 0, "sample_monologues"),
    Row("monologue.min_coverage", 0.8),
    Row("monologue.min_coverage", 0.8, "translate_monologues", TRANSLATION),
    Row("monologue.per_program", 2, "write_monologues sample_monologues"),
    Row("monologue.max_chars", 5999, "write_monologues sample_monologues"),
    Row("monologue.max_total_chars", 5599, "write_monologues"),
    Row("monologue.pages", 4, "monologue_pages"),
    Row("monologue.seed", 1, "write_monologues"),
    Row("prompts.style", "upstream", f"mix build_pyx_r {GENERATING}"),
    Row(
        "prompts.label_offset",
        4,
        "write_monologues sample_monologues render mix generate monologue_quality monologue_pages",
    ),
    Row("models.semcoder_1030.data", "semcoder_s_1030", "generate"),
    Row("models.semcoder_1030.gguf", True, "generate"),
    Row("models.semcoder_1030.style", "corrected", "generate"),
    Row("models.semcoder_1030.note", "another", "table"),
    # A recipe: what is in its mixture, and how it is trained on.
    *(
        Row(f"recipes.semcoder.{key}", new, "mix train")
        for key, new in {
            "tasks.nl2code": 9,
            "tasks.forward": 9,
            "tasks.backward": 9,
            "format": "next",
            "compare": ["monologue", "next"],
            "soft": True,
            "extra_language": "python",
            "max_tokens": 2047,
            "seed": 1,
        }.items()
    ),
    Row("recipes.semcoder.extra", {"Magicoder-OSS-Instruct-75K": -1}, "mix train yields overview"),
    Row(
        "recipes.semcoder.base", "semcoder_1030", "mix train table"
    ),  # the note under the table is the base's
    Row("recipes.data_pyx.tasks.refine", 9, "mix train"),
    *(
        Row(f"recipes.semcoder.{key}", new, "train")
        for key, new in {
            "epochs": 3,
            "max_steps": 9,
            "learning_rate": 4e-5,
            "min_learning_rate": 4e-6,
            "warmup_steps": 9,
            "examples_per_step": 256,
            "pack_tokens": 4096,
            "precision": "fp16",
            "zero_stage": 2,
            "offload": True,
            "gradient_checkpointing": False,
        }.items()
    ),
    Row("recipes.semcoder.micro_batch", 9),
    Row("recipes.semcoder.micro_batch", 9, "train", PADDED),
    Row("training.gpus", 4, "train"),
    Row("training.nodes", 2, "train"),
    Row("training.decontaminate", ["humaneval_plus"], "clean_extra"),
    # An engine: the settings that its kind has a use for.
    Row("evaluation.engine.kind", "transformers", GENERATING),
    Row("evaluation.engine.dtype", "float16", GENERATING),
    Row("evaluation.engine.max_model_tokens", 4095, GENERATING),
    Row("evaluation.engine.gpu_memory", 0.8, GENERATING),
    Row("evaluation.engine.gpus", 2, GENERATING),
    Row("evaluation.engine.batch_size", 9),
    Row("evaluation.engine.batch_size", 9, GENERATING, TRANSFORMERS),
    Row("evaluation.engine.threads", 9),
    Row("evaluation.engine.threads", 9, GENERATING, TRANSFORMERS),
    Row("evaluation.engine.url", "https://other/v1"),
    Row("evaluation.engine.url", "https://other/v1", GENERATING, SERVER),
    Row("evaluation.engine.key_file", "key"),
    Row("evaluation.engine.key_file", "key", GENERATING, SERVER),
    *(
        Row(f"{place}.{key}", new, rule)
        for place, rule in (
            ("evaluation.sampling", "generate"),
            ("evaluation.benchmarks.lcb_generation", "generate"),
            ("pyx_r.sampling", "sample_buggy"),
            ("refinement.table3.sampling", "refine_round"),
        )
        for key, new in {
            "temperature": 0.3,
            "top_p": 0.9,
            "max_tokens": 99,
            "n": 3,
            "stop": ["x"],
            "seed": 7,
        }.items()
    ),
    Row("evaluation.max_code_tokens", 1023, "generate"),
    Row("evaluation.max_answer_tokens", 255, "generate"),
    Row("evaluation.shards", 2, "score build_pyx_r refine_round"),
    Row("evaluation.limit", 9, "generate"),
    Row("evaluation.gpus", 2),
    Row("contests.by", "given", "solve_contests teacher_usage"),
    Row("contests.tries", 9, "read_contests solve_contests"),
    Row("contests.per_problem", 2, "solve_contests"),
    Row("contests.tests", 9, "read_contests"),
    Row("pyx_r.model", "semcoder_s", "build_pyx_r"),
    Row("pyx_r.per_program", 2, "build_pyx_r"),
    Row("refinement.table3.title", "another", "table"),
    Row(
        "refinement.table3.models",
        ["semcoder", "semcoder_s", "semcoder_pyx_r", "semcoder_s_pyx_r"][::-1],
        "table",
    ),
    Row("refinement.table3.benchmarks", ["humaneval", "mbpp"], "table overview"),
    Row("refinement.table3.rationales", ["monologue", "none"], "table overview"),
    Row("refinement.table3.rounds", [0, 1, 2], "table overview"),
    Row("refinement.table3.feedback", "plus", "refine_round"),
    Row("refinement.table3.paper", [], "table"),
    Row("refinement.table3.paper_rows", {"semcoder (monologue)": "another"}, "table"),
    Row("refinement.table3.note", "another", "table"),
    Row("systems.semcoder.model", "semcoder_s", "table overview"),
    Row("systems.semcoder.format", "direct", "table overview"),
    Row("systems.semcoder.paper", "another", "table"),
    Row("tables.table1.title", "another", "table"),
    Row("tables.table1.systems", ["base"], "table overview"),
    Row("tables.table1.benchmarks", ["mbpp"], "table overview"),
    Row("tables.table1.paper", [], "table"),
    Row("tables.table1.note", "another", "table"),
    Row("tables.table2.paired", [["concise", "next"]], "table"),
    # Of what is published, only what asks for it is told.
    Row("release.name", "another"),
    Row("release.version", "2.0.0"),
    Row("release.url", "https://lab/pyx"),
    Row("release.creator", "a lab"),
    Row("release.published", "2026-11-27"),
    Row("executability.data", "Magicoder-Evol-Instruct-110K", "executability"),
    Row("executability.language", "java", "executability"),
    Row("analysis.benchmarks", ["humaneval"], "similarity"),
    Row("analysis.beside", ["Magicoder-OSS-Instruct-75K"], "similarity categories"),
    Row("analysis.sample", 9, "similarity"),
    Row("analysis.seed", 1, "similarity"),
    # Beyond the paper: off, and then of no effect; on, each key reaches its own jobs.
    Row("beyond.robustness.enabled", True, "overview"),
    Row("beyond.robustness.systems", ["base"], "robustness_table overview", ROBUSTNESS),
    Row(
        "beyond.robustness.benchmarks",
        ["cruxeval_output", "lcb_execution"],
        "robustness_table overview",
        ROBUSTNESS,
    ),
    Row("beyond.robustness.changes", ["renamed"], "robustness_table overview", ROBUSTNESS),
    Row("beyond.robustness.seed", 1, "variants", ROBUSTNESS),
    Row("beyond.states.enabled", True, "overview"),
    Row("beyond.states.systems", ["base"], "table overview", STATES),
    Row("beyond.states.source", "pyx_output", "state_questions table", STATES),
    Row("beyond.states.per_kind", 9, "state_questions", STATES),
    Row("beyond.states.seed", 1, "state_questions", STATES),
    Row("beyond.contamination.enabled", True, "overview"),
    Row(
        "targets",
        ["table1", "table2", "table3", "table4", "table5", "table6", "table7", "figure3"],
        "yields overview",
    ),
]
