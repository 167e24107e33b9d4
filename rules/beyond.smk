# Beyond the paper: changed programs, questions about the middle of a run, benchmark items in training mixtures.


rule variants:
    input:
        lambda w: DATA.path(w.entry),
    output:
        kept=f"{R}/variants/{{entry}}.{{change}}.jsonl",
        dropped=f"{R}/variants/{{entry}}.{{change}}.dropped.jsonl",
        summary=f"{R}/variants/{{entry}}.{{change}}.summary.json",
    log:
        f"{R}/logs/variants/{{entry}}.{{change}}.log",
    benchmark:
        f"{R}/benchmarks/variants/{{entry}}.{{change}}.tsv"
    wildcard_constraints:
        entry=BEYOND.sources,
    container:
        image("data")
    threads: 2
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        code=code("evaluation", "variants"),
        benchmark=lambda w: BEYOND.asked_of(w.entry),
        options=options(seed="beyond.robustness.seed"),
    message:
        "variants: {output.kept}"
    shell:
        "semcoder --log {log} evaluation variants --benchmark {params.benchmark} --data {input}"
        " --change {wildcards.change} {params.options} --workers {threads}"
        " --out {output.kept} --dropped {output.dropped} --summary {output.summary}"


rule robustness_table:
    input:
        lambda w: BEYOND.pair_files(),
    output:
        csv=f"{R}/tables/robustness.csv",
        markdown=report(
            f"{R}/tables/robustness.md",
            caption="../report/captions/robustness.rst",
            category="Beyond the paper",
        ),
    log:
        f"{R}/logs/tables/robustness.log",
    benchmark:
        f"{R}/benchmarks/tables/robustness.tsv"
    container:
        image("data")
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("report", "robustness"),
        options=lambda w: BEYOND.pair_options(),
    message:
        "tables: {output.markdown}"
    shell:
        "semcoder --log {log} report robustness {params.options} --csv {output.csv} --markdown {output.markdown}"


rule state_questions:
    input:
        lambda w: EVALUATION.data_of(CONFIG.beyond.states.source),
    output:
        kept=f"{R}/states/questions.jsonl",
        dropped=f"{R}/states/questions.dropped.jsonl",
        summary=f"{R}/states/questions.summary.json",
    log:
        f"{R}/logs/states/questions.log",
    benchmark:
        f"{R}/benchmarks/states/questions.tsv"
    container:
        image("data")
    threads: 2
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        code=code("evaluation", "states"),
        options=options(
            benchmark="beyond.states.source",
            per_kind="beyond.states.per_kind",
            seed="beyond.states.seed",
            max_events="tracing.max_events",
            max_value_chars="tracing.max_value_chars",
            cpu_s="execution.cpu_seconds",
            memory_mb="execution.memory_mb",
        ),
    message:
        "states: {output.kept}"
    shell:
        "semcoder --log {log} evaluation states $(printf -- '--data %s ' {input}) {params.options}"
        " --workers {threads} --out {output.kept} --dropped {output.dropped} --summary {output.summary}"


rule overlap:
    input:
        mixture=f"{R}/mixtures/{{recipe}}.jsonl",
        benchmarks=BEYOND.compared_files(),
    output:
        f"{R}/contamination/{{recipe}}.json",
    log:
        f"{R}/logs/contamination/{{recipe}}.log",
    benchmark:
        f"{R}/benchmarks/contamination/{{recipe}}.tsv"
    container:
        image("data")
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        code=code("pyx", "overlap"),
        benchmarks=BEYOND.compared_options(),
    message:
        "contamination: {output}"
    shell:
        "semcoder --log {log} pyx overlap --mixture {input.mixture} --name {wildcards.recipe} {params.benchmarks}"
        " --out {output}"


rule contamination_table:
    input:
        BEYOND.overlaps(),
    output:
        csv=f"{R}/tables/contamination.csv",
        markdown=report(
            f"{R}/tables/contamination.md",
            caption="../report/captions/contamination.rst",
            category="Beyond the paper",
        ),
    log:
        f"{R}/logs/tables/contamination.log",
    benchmark:
        f"{R}/benchmarks/tables/contamination.tsv"
    container:
        image("data")
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("report", "contamination"),
    message:
        "tables: {output.markdown}"
    shell:
        "semcoder --log {log} report contamination $(printf -- '--overlap %s ' {input})"
        " --csv {output.csv} --markdown {output.markdown}"
