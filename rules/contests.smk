# The contest part of SemCoder-S (paper section 5, App. F): problems of CodeContests with solutions that pass.


rule read_contests:
    input:
        DATA.path("code_contests"),
    output:
        problems=f"{R}/contests/problems.jsonl",
        dropped=f"{R}/contests/problems.dropped.jsonl",
        summary=f"{R}/contests/problems.summary.json",
    log:
        f"{R}/logs/contests/read.log",
    benchmark:
        f"{R}/benchmarks/contests/read.tsv"
    container:
        image("data")
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        code=code("contests", "read"),
        options=options(tests="contests.tests", solutions="contests.tries"),
    message:
        "contests: {output.problems}"
    shell:
        "semcoder --log {log} contests read --source {input} {params.options} --problems {output.problems}"
        " --dropped {output.dropped} --summary {output.summary}"


rule solve_contests:
    input:
        f"{R}/contests/problems.jsonl",
    output:
        rows=f"{R}/contests/{{scatteritem}}.jsonl",
        dropped=f"{R}/contests/{{scatteritem}}.dropped.jsonl",
        summary=f"{R}/contests/{{scatteritem}}.summary.json",
    log:
        f"{R}/logs/contests/{{scatteritem}}.log",
    benchmark:
        f"{R}/benchmarks/contests/{{scatteritem}}.tsv"
    container:
        image("data")
    resources:
        mem_mb=4000,
        runtime=720,
    params:
        code=code("contests", "solve"),
        teacher=teacher("solution_model") if CONFIG.contests.by == "teacher" else "",
        asking=asking if CONFIG.contests.by == "teacher" else "",
        options=options(
            by="contests.by",
            tries="contests.tries",
            per_problem="contests.per_problem",
            cpu_s="execution.cpu_seconds",
            memory_mb="execution.memory_mb",
        ),
    message:
        "contests: {output.rows}"
    shell:
        "semcoder --log {log} contests solve --problems {input} --shard {wildcards.scatteritem} {params.options}"
        " {params.asking} --workers {threads} --out {output.rows} --dropped {output.dropped}"
        " --summary {output.summary}"
