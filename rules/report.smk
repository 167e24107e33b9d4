# Tables beside the paper's numbers, what each stage kept, plots.


rule table:
    input:
        lambda w: EVALUATION.table_inputs(w.table),
    output:
        csv=f"{R}/tables/{{table}}.csv",
        markdown=report(
            f"{R}/tables/{{table}}.md",
            caption="../report/captions/table.rst",
            category="Tables",
            labels={"table": "{table}"},
        ),
    log:
        f"{R}/logs/tables/{{table}}.log",
    benchmark:
        f"{R}/benchmarks/tables/{{table}}.tsv"
    container:
        image("data")
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("report", "table"),
        options=lambda w: EVALUATION.table_options(w.table),
    message:
        "tables: {output.markdown}"
    shell:
        "semcoder --log {log} report table {params.options} --csv {output.csv} --markdown {output.markdown}"


rule executability:
    input:
        DATA.path(CONFIG.executability.data),
    output:
        csv=f"{R}/tables/table7.csv",
        markdown=report(f"{R}/tables/table7.md", caption="../report/captions/table7.rst", category="Tables"),
    log:
        f"{R}/logs/tables/table7.log",
    benchmark:
        f"{R}/benchmarks/tables/table7.tsv"
    container:
        image("data")
    threads: 8
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        code=code("pyx", "executability"),
        options=options(
            language="executability.language",
            cpu_s="execution.cpu_seconds",
            memory_mb="execution.memory_mb",
        ),
    message:
        "tables: {output.markdown}"
    shell:
        "semcoder --log {log} pyx executability --data {input} {params.options} --workers {threads}"
        " --csv {output.csv} --markdown {output.markdown}"


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
        image("data")
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
