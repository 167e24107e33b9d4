# What each stage kept, and plots.


rule yields:
    input:
        EVALUATION.summaries,
    output:
        csv=f"{R}/tables/yields.csv",
        markdown=report(f"{R}/tables/yields.md", caption="../report/captions/yields.rst", category="Data"),
        plot=report(f"{R}/plots/yields.svg", caption="../report/captions/yields.rst", category="Data"),
    log:
        f"{R}/logs/report/yields.log",
    benchmark:
        f"{R}/benchmarks/report/yields.tsv"
    container:
        image("train")
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("report", "yields"),
    message:
        "report: {output.markdown}"
    shell:
        "semcoder --log {log} report yields $(printf -- '--summary %s ' {input})"
        " --table {output.csv} --markdown {output.markdown} --plot {output.plot}"


rule plot_lengths:
    input:
        lambda w: EVALUATION.lengths(w.kind),
    output:
        report(f"{R}/plots/{{kind}}.svg", caption="../report/captions/lengths.rst", category="Data"),
    log:
        f"{R}/logs/report/{{kind}}.log",
    benchmark:
        f"{R}/benchmarks/report/{{kind}}.tsv"
    wildcard_constraints:
        kind="traces|monologues",
    container:
        image("train")
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=code("report", "plot"),
    message:
        "report: {output}"
    shell:
        "semcoder --log {log} report plot {wildcards.kind} $(printf -- '--source %s ' {input}) --out {output}"


rule plot_loss:
    input:
        f"{R}/checkpoints/{{recipe}}",
    output:
        report(
            f"{R}/plots/loss.{{recipe}}.svg",
            caption="../report/captions/loss.rst",
            category="Training",
            labels={"recipe": "{recipe}"},
        ),
    log:
        f"{R}/logs/report/loss.{{recipe}}.log",
    benchmark:
        f"{R}/benchmarks/report/loss.{{recipe}}.tsv"
    container:
        image("train")
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("report", "plot"),
    message:
        "report: {output}"
    shell:
        "semcoder --log {log} report plot loss --source {input}/training_log.jsonl --out {output}"


rule monologue_quality:
    input:
        monologues=EVALUATION.told("jsonl"),
        summaries=EVALUATION.told("summary.json"),
        traces=TRAINING.shards("traces/{}.jsonl"),
        programs=f"{R}/pyx/programs.jsonl",
        tests=f"{R}/pyx/tests.jsonl",
    output:
        csv=f"{R}/tables/monologues.csv",
        markdown=report(
            f"{R}/tables/monologues.md",
            caption="../report/captions/monologue_quality.rst",
            category="Monologues",
        ),
    log:
        f"{R}/logs/report/monologue_quality.log",
    benchmark:
        f"{R}/benchmarks/report/monologue_quality.tsv"
    container:
        image("data")
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        code=code("monologue", "quality"),
        files=EVALUATION.quality_options,
        options=options(
            label_offset="prompts.label_offset",
            cpu_s="execution.cpu_seconds",
            memory_mb="execution.memory_mb",
        ),
    message:
        "report: {output.markdown}"
    shell:
        "semcoder --log {log} monologue quality {params.files} $(printf -- '--traces %s ' {input.traces})"
        " --programs {input.programs} --tests {input.tests} {params.options} --workers {threads}"
        " --csv-file {output.csv} --markdown {output.markdown}"


rule monologue_pages:
    input:
        **EVALUATION.shown_monologues,
        programs=f"{R}/pyx/programs.jsonl",
        tests=f"{R}/pyx/tests.jsonl",
    output:
        report(
            f"{R}/pages/monologues.html",
            caption="../report/captions/monologue_pages.rst",
            category="Monologues",
        ),
    log:
        f"{R}/logs/report/monologue_pages.log",
    benchmark:
        f"{R}/benchmarks/report/monologue_pages.tsv"
    container:
        image("data")
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=code("monologue", "show"),
        options=options(
            pick="monologue.pages",
            label_offset="prompts.label_offset",
            cpu_s="execution.cpu_seconds",
            memory_mb="execution.memory_mb",
        ),
    message:
        "report: {output}"
    shell:
        "semcoder --log {log} monologue show $(printf -- '--monologues %s ' {input.monologues})"
        " --traces {input.traces} --programs {input.programs} --tests {input.tests} {params.options}"
        " --html {output}"
