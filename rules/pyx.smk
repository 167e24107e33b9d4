# PyX (paper sections 3.1 and 3.2, App. F): problems and solutions that run, inputs, filters, duplicates, the split.


rule synthesize:
    input:
        seeds=f"{R}/seeds/{{scatteritem}}.jsonl",
    output:
        problems=f"{R}/pyx/synthesized/{{scatteritem}}.problems.jsonl",
        programs=f"{R}/pyx/synthesized/{{scatteritem}}.programs.jsonl",
        inputs=f"{R}/pyx/synthesized/{{scatteritem}}.inputs.jsonl",
        soft=f"{R}/pyx/synthesized/{{scatteritem}}.soft.jsonl",
        dropped=f"{R}/pyx/synthesized/{{scatteritem}}.dropped.jsonl",
        summary=f"{R}/pyx/synthesized/{{scatteritem}}.summary.json",
    log:
        f"{R}/logs/pyx/synthesize.{{scatteritem}}.log",
    benchmark:
        f"{R}/benchmarks/pyx/synthesize.{{scatteritem}}.tsv"
    container:
        image("data")
    resources:
        mem_mb=4000,
        runtime=720,
    params:
        code=code("pyx", "synthesize"),
        teacher=teacher("problem_model", "solution_model"),
        asking=asking,
        options=options(
            retries="pyx.retries",
            cpu_s="execution.cpu_seconds",
            memory_mb="execution.memory_mb",
        ),
    message:
        "pyx: {output.programs}"
    shell:
        "semcoder --log {log} pyx synthesize --seeds {input.seeds} {params.options} {params.asking} --workers {threads}"
        " --problems {output.problems} --programs {output.programs} --inputs {output.inputs} --soft {output.soft}"
        " --dropped {output.dropped} --summary {output.summary}"


rule expand_inputs:
    input:
        programs=gather.pyx(f"{R}/pyx/synthesized/{{scatteritem}}.programs.jsonl"),
        inputs=gather.pyx(f"{R}/pyx/synthesized/{{scatteritem}}.inputs.jsonl"),
    output:
        kept=f"{R}/pyx/expanded/{{scatteritem}}.programs.jsonl",
        tests=f"{R}/pyx/expanded/{{scatteritem}}.tests.jsonl",
        dropped=f"{R}/pyx/expanded/{{scatteritem}}.dropped.jsonl",
        summary=f"{R}/pyx/expanded/{{scatteritem}}.summary.json",
    log:
        f"{R}/logs/pyx/expand.{{scatteritem}}.log",
    benchmark:
        f"{R}/benchmarks/pyx/expand.{{scatteritem}}.tsv"
    container:
        image("data")
    resources:
        mem_mb=4000,
        runtime=720,
    params:
        code=code("pyx", "expand"),
        teacher=teacher("solution_model"),
        asking=asking,
        options=options(
            filters="pyx.filters",
            threshold="pyx.inputs.threshold",
            at_least="pyx.inputs.at_least",
            rounds="pyx.inputs.rounds",
            max_chars="pyx.inputs.max_chars",
            hash_seeds="execution.hash_seeds",
            cpu_s="execution.cpu_seconds",
            memory_mb="execution.memory_mb",
            seed="pyx.seed",
        ),
    message:
        "pyx: {output.tests}"
    shell:
        "semcoder --log {log} pyx expand --shard {wildcards.scatteritem}"
        " $(printf -- '--programs %s ' {input.programs}) $(printf -- '--inputs %s ' {input.inputs})"
        " {params.options} {params.asking} --workers {threads} --kept {output.kept} --tests {output.tests}"
        " --dropped {output.dropped} --summary {output.summary}"


rule select:
    input:
        problems=gather.pyx(f"{R}/pyx/synthesized/{{scatteritem}}.problems.jsonl"),
        programs=gather.pyx(f"{R}/pyx/expanded/{{scatteritem}}.programs.jsonl"),
        tests=gather.pyx(f"{R}/pyx/expanded/{{scatteritem}}.tests.jsonl"),
        soft=gather.pyx(f"{R}/pyx/synthesized/{{scatteritem}}.soft.jsonl"),
        benchmarks=DATA.looked_into("pyx.decontaminate"),
    output:
        problems=f"{R}/pyx/problems.jsonl",
        programs=f"{R}/pyx/programs.jsonl",
        train=f"{R}/pyx/train.jsonl",
        heldout=f"{R}/pyx/heldout.jsonl",
        tests=f"{R}/pyx/tests.jsonl",
        soft=f"{R}/pyx/soft.jsonl",
        dropped=f"{R}/pyx/dropped.jsonl",
        summary=f"{R}/pyx/summary.json",
    log:
        f"{R}/logs/pyx/select.log",
    benchmark:
        f"{R}/benchmarks/pyx/select.tsv"
    container:
        image("data")
    resources:
        mem_mb=8000,
        runtime=120,
    params:
        code=code("pyx", "select"),
        benchmarks=DATA.looked_into_options("pyx.decontaminate"),
        options=options(
            near_duplicate_threshold="pyx.near_duplicates.threshold",
            permutations="pyx.near_duplicates.permutations",
            heldout="pyx.heldout",
            max_programs="pyx.max_programs",
            seed="pyx.seed",
        ),
    message:
        "pyx: {output.train}"
    shell:
        "semcoder --log {log} pyx select"
        " $(printf -- '--problems %s ' {input.problems}) $(printf -- '--programs %s ' {input.programs})"
        " $(printf -- '--tests %s ' {input.tests}) $(printf -- '--soft %s ' {input.soft})"
        " {params.benchmarks} {params.options}"
        " --out-problems {output.problems} --out-programs {output.programs} --out-train {output.train}"
        " --out-heldout {output.heldout} --out-tests {output.tests}"
        " --out-soft {output.soft}"
        " --dropped {output.dropped} --summary {output.summary}"
