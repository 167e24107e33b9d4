# What the teacher's answers cost.


rule teacher_usage:
    input:
        EVALUATION.asked_summaries,
    output:
        csv=f"{R}/tables/teacher.csv",
        markdown=report(f"{R}/tables/teacher.md", caption="../report/captions/teacher.rst", category="Data"),
    log:
        f"{R}/logs/report/teacher.log",
    benchmark:
        f"{R}/benchmarks/report/teacher.tsv"
    container:
        image("data")
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("teacher", "usage"),
        options=options(prices="teacher.prices"),
    message:
        "report: {output.markdown}"
    shell:
        "semcoder --log {log} teacher usage $(printf -- '--summary %s ' {input}) {params.options}"
        " --csv-file {output.csv} --markdown {output.markdown}"
