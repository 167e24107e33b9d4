"""What stands in files that no model describes: columns of tables, counts of stages, lines of verdicts, folders."""

COUNTS: dict[str, tuple[str, dict[str, str]]] = {
    # rule: (the module that writes the summary, {key: meaning})
    "synthesize": ("semcoder.pyx.synthesize", {"soft": "programs that parse and do not run"}),
    "expand_inputs": (
        "semcoder.pyx.expand",
        {
            "tests": "inputs kept, over all programs",
            "inputs": "what became of the inputs tried",
            "line_coverage": "mean share of a program's lines that its tests run (paper: 0.96)",
            "branch_coverage": "the same of branches (paper: 0.93)",
        },
    ),
    "select": (
        "semcoder.pyx.select",
        {
            "train": "programs that may be trained on",
            "heldout": "programs kept apart",
            "soft": "programs of PyX-Soft",
            "tests": "tests of all programs kept",
            "families": "groups of programs that are alike; each stays whole in the split",
        },
    ),
    "render": ("semcoder.tracing.render", {"format": "the format", "direction": "the direction"}),
    "write_monologues": ("semcoder.monologue.write", {"direction": "the direction"}),
    "sample_monologues, translate_monologues": (
        "semcoder.monologue.drafts",
        {"direction": "the direction", "revised": "accepted after a revision"},
    ),
    "read_contests": (
        "semcoder.contests.read",
        {"sites": "problems of each site", "with_solutions": "those with a solution in Python 3"},
    ),
    "solve_contests": ("semcoder.contests.solve", {"rows": "solutions kept, over all problems"}),
    "clean_extra": ("semcoder.training.clean", {"licences": "rows kept of each licence"}),
    "mix": (
        "semcoder.training.mix",
        {
            "tasks": "examples of each task",
            "tokens": "tokens of all examples",
            "response_tokens": "those with loss",
            "pairs": "inputs that every compared format tells; only with `compare`",
        },
    ),
    "synthesize, expand_inputs, sample_monologues, translate_monologues, build_pyx_r, solve_contests": (
        "semcoder.teacher.choose",
        {"teacher": "the bill, a list of [Post](#post); only where something was asked"},
    ),
}

SCORES = {
    "row": "the system, or `model (rationale)` of refinement",
    "benchmark": "the benchmark, with the round of refinement",
    "items": "questions answered",
    "groups": "what the interval counts: programs, where several questions are about one",
    "samples": "answers to each question",
    "pass_at_1": "percent",
    "low": "lower end of the 95 % interval, percent",
    "high": "upper end",
    "pass_at_5": "percent, of five answers and more",
    "copying": "percent that repeating what the question shows would solve",
    "paper": "the paper's percent",
    "paper_status": "what results/paper says of that number",
    "difference": "ours less the paper's, in points",
    "paper_within": "whether the paper's lies within our interval",
    "setup": "engine, decoding, prompts",
    "revision": "which model",
}
BILL = {
    "stage": "the stage",
    "purpose": "what was asked for",
    "model": "who answered",
    "answers": "how many",
    "prompt_tokens": "tokens asked",
    "completion_tokens": "tokens answered",
    "hours": "time of the server, one answer after the other",
    "dollars": "by `teacher.prices`; empty where a price is not known",
}
QUALITY = {
    "source": "who wrote the monologues",
    "direction": "forward or backward",
    "asked": "tests that monologues were wanted for",
    "kept": "monologues",
    "accepted": "share of the asked that were kept",
    "revised": "kept after a revision",
    "looked_at": "monologues measured",
    "free_of_false": "share without a false claim",
    "supported": "true claims, a monologue",
    "contradicted": "false claims, a monologue",
    "not_checkable": "claims that the trace does not decide, a monologue",
    "coverage": "share of executed lines with an effect that are told",
    "tokens_median": "length",
    "tokens_p95": "length, 95th percentile",
    "distinct_2": "share of different word pairs",
    "cost_tokens": "tokens of the teacher for each monologue kept",
}
YIELDS = {
    "stage": "the stage",
    "in": "what went in",
    "kept": "what came out",
    "reason": "of a drop; then `in` and `kept` are empty",
    "dropped": "how many, for that reason",
}
EXECUTABILITY = {
    "outcome": "all solutions, those that do not execute, then each kind of failure",
    "count": "solutions",
    "percent": "of all",
}
ROBUSTNESS = {
    "row": "the system",
    "benchmark": "the benchmark whose programs were changed",
    "change": "renamed or restructured",
    "items": "items answered in both forms",
    "original": "percent solved as they stand",
    "changed": "percent solved with changed programs",
    "difference": "changed less original, in points",
    "low": "lower end of its 95 % interval, paired by item",
    "high": "upper end",
    "p": "of the exact sign test",
    "lost": "items that are solved less often",
    "gained": "items that are solved more often",
}
CONTAMINATION = {
    "mixture": "the recipe",
    "rows": "rows of its mixture",
    "benchmark": "the benchmark; those that share a file stand there once",
    "items": "items of it",
    "any": "items found in one way at least, pairs left out",
    "share": "percent of the items",
    "exact": "the same code but for names, layout and, in long code, constants",
    "substring": "all words of the item's text or code, one behind the other",
    "n-grams": "most of its code or words, or its name and description",
    "pair": "the same input and output, whatever the program",
    "example": "the first: item, row, detail",
}
SIMILARITY = {
    "set": "PyX, or an instruction set beside it",
    "benchmark": "the benchmark",
    "low": "lower end of a bar, similarity between 0 and 1",
    "high": "upper end",
    "samples": "samples whose most similar item lies between",
    "percent": "of all samples",
}
CATEGORIES = {
    "set": "PyX, or an instruction set beside it",
    "category": "by words of ours",
    "samples": "samples of it",
    "percent": "of all",
}
PAPER = {
    "table": "of the paper",
    "row": "its name there",
    "column": "its name there",
    "value": "the number, empty where it could not be found",
    "source": "where it was found",
    "status": "stated, reported (by others), inferred (from other numbers) or missing",
}

CHECKPOINT = {
    "config.json, model.safetensors, tokenizer.json, ...": "the model, as transformers reads it",
    "recipe.json": "the recipe that it was trained by ([recipes](configuration.md#recipesname))",
    "setup.json": "how it was trained ([TrainingSetup](#trainingsetup))",
    "training_log.jsonl": "one line a step, below",
    "README.md": "the model card: data, hashes, settings, versions, hardware",
}
LOG = {
    "step": "from 1",
    "loss": "mean over the tokens of the step that have loss",
    "learning_rate": "of the step",
    "grad_norm": "before clipping",
    "examples": "behind the step, over all processes",
    "tokens": "of these examples",
    "real_share": "tokens by positions computed: the rest is padding",
    "tokens_per_second": "of the whole step",
    "utilisation": "share of the GPUs' peak; only where the peak is known",
}

VERDICT = {
    "id": "that of the program",
    "verdict": "passed, failed, raised, timeout, memory, killed, forbidden or invalid",
    "detail": "the exception, the value returned, or which call was forbidden",
    "stdout": "what it printed, up to 64 KB",
    "stderr": "the same",
}
TRACED = {
    "id": "that of the line",
    "verdict": "of the sandbox: ok, raised, timeout, memory, killed, forbidden or invalid",
    "detail": "more on it",
    "value": "the returned literal, or null",
    "raised": "[type, message, line], or null",
    "events": "a list of [Event](#event)",
    "truncated": "why the trace is not whole; empty when it is",
    "code": "the program",
    "entry_point": "the function",
    "args": "as given",
    "kwargs": "as given",
}
CHECKED = {
    "id": "that of the monologue",
    "verdict": "accepted, rejected or unchecked",
    "reason": "why it was not accepted",
    "score": "true claims by checkable ones, null where there are none",
    "supported": "true claims",
    "contradicted": "false claims",
    "not_checkable": "others",
    "coverage": "share of executed lines with an effect that the text speaks of",
    "claims": "each with `span` (characters), `kind`, `text`, `status` and, where it is false, `truth`",
}
FOREIGN = {
    "pass_at_1, pass_at_5": "CRUXEval: percent; pass@5 is null with fewer than five answers",
    "base, plus": "HumanEval and MBPP: each with `pass_at_1`",
    "items, of": "items answered, and how many there are",
    "reasons": "CRUXEval: how many answers got which verdict",
    "samples": "the verdicts of each item: true or false, or `base` and `plus`",
}
