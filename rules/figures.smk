# Figures: PyX beside benchmarks and other instruction sets (paper App. F), and what is drawn of tables.


rule similarity:
    input:
        programs=f"{R}/pyx/programs.jsonl",
        problems=f"{R}/pyx/problems.jsonl",
        benchmarks=DATA.looked_into("analysis.benchmarks"),
        beside=DATA.beside,
    output:
        csv=f"{R}/tables/figure5.csv",
        markdown=report(f"{R}/tables/figure5.md", caption="../report/captions/figure5.rst", category="Data"),
    log:
        f"{R}/logs/figures/figure5.log",
    benchmark:
        f"{R}/benchmarks/figures/figure5.tsv"
    container:
        image("data")
    threads: 8
    resources:
        mem_mb=16000,
        runtime=240,
    params:
        code=code("pyx", "similarity"),
        benchmarks=DATA.looked_into_options("analysis.benchmarks"),
        beside=DATA.beside_options,
        options=options(sample="analysis.sample", seed="analysis.seed"),
    message:
        "figures: {output.markdown}"
    shell:
        "semcoder --log {log} pyx similarity --programs {input.programs} --problems {input.problems}"
        " {params.benchmarks} {params.beside} {params.options} --workers {threads}"
        " --csv {output.csv} --markdown {output.markdown}"


rule categories:
    input:
        programs=f"{R}/pyx/programs.jsonl",
        problems=f"{R}/pyx/problems.jsonl",
        beside=DATA.beside,
    output:
        csv=f"{R}/tables/figure6.csv",
        markdown=report(f"{R}/tables/figure6.md", caption="../report/captions/figure6.rst", category="Data"),
    log:
        f"{R}/logs/figures/figure6.log",
    benchmark:
        f"{R}/benchmarks/figures/figure6.tsv"
    container:
        image("data")
    resources:
        mem_mb=8000,
        runtime=30,
    params:
        code=code("pyx", "categories"),
        beside=DATA.beside_options,
    message:
        "figures: {output.markdown}"
    shell:
        "semcoder --log {log} pyx categories --programs {input.programs} --problems {input.problems}"
        " {params.beside} --csv {output.csv} --markdown {output.markdown}"


rule draw:
    input:
        f"{R}/tables/{{figure}}.csv",
    output:
        report(
            f"{R}/tables/{{figure}}.svg",
            caption="../report/captions/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        f"{R}/logs/figures/{{figure}}.svg.log",
    benchmark:
        f"{R}/benchmarks/figures/{{figure}}.svg.tsv"
    container:
        image("train")
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("report", "plot"),
        kind=lambda w: EVALUATION.drawn[w.figure],
    message:
        "figures: {output}"
    shell:
        "semcoder --log {log} report plot {params.kind} --source {input} --out {output}"
