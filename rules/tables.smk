# Tables and claims: our scores beside the paper's numbers.


for each in EVALUATION.names:

    rule:
        name:
            each  # `snakemake table1` makes the files of table 1
        input:
            EVALUATION.files_of(each),
        localrule: True


rule claims:
    input:
        claims=shipped("claims.yaml"),
        # Functions: what else is asked for is known once the rules are read.
        scores=lambda w: EVALUATION.claim_files(workflow.dag_settings.targets),
    output:
        report(f"{R}/claims.md", caption="../report/captions/claims.rst", category="Tables"),
    log:
        f"{R}/logs/claims.log",
    benchmark:
        f"{R}/benchmarks/claims.tsv"
    container:
        image("data")
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("report", "claims"),
        scores=lambda w: EVALUATION.claim_options(workflow.dag_settings.targets),
    message:
        "claims: {output}"
    shell:
        "semcoder --log {log} report claims --claims {input.claims} {params.scores} --markdown {output}"


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
