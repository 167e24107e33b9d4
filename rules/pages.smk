# The page that the report opens with.


rule overview:
    input:
        EVALUATION.shown,
        claims=shipped("claims.yaml"),
        scores=EVALUATION.claim_files(["all"]),
        summaries=EVALUATION.summaries,
    output:
        report(f"{R}/pages/overview.html", caption="../report/captions/overview.rst", category="Claims"),
    log:
        f"{R}/logs/report/overview.log",
    benchmark:
        f"{R}/benchmarks/report/overview.tsv"
    container:
        image("data")
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code("report", "overview"),
        scores=EVALUATION.claim_options(["all"]),
        tables=EVALUATION.overview_options,
        # Of the run and the machine: they are told as they are, and make nothing anew.
        beside=lambda w, output: f"--name {R} --benchmarks {R}/benchmarks --software {R}/software.json --results {R}"
        f" --lock {CONFIG.containers.lock}",
    message:
        "report: {output}"
    shell:
        "semcoder --log {log} report overview {params.beside} --claims {input.claims} {params.scores} {params.tables}"
        " $(printf -- '--summary %s ' {input.summaries}) --html {output}"
