# Monologues (paper section 4.2): written from the trace, sampled from the teacher and checked by execution, or both:
# written, then retold by the teacher and checked.


rule write_monologues:
    input:
        programs=f"{R}/pyx/programs.jsonl",
        tests=f"{R}/pyx/tests.jsonl",
        traces=f"{R}/traces/{{scatteritem}}.jsonl",
    output:
        monologues=f"{R}/monologues/trace/{{direction}}/{{scatteritem}}.jsonl",
        dropped=f"{R}/monologues/trace/{{direction}}/{{scatteritem}}.dropped.jsonl",
        summary=f"{R}/monologues/trace/{{direction}}/{{scatteritem}}.summary.json",
    log:
        f"{R}/logs/monologues/trace.{{direction}}.{{scatteritem}}.log",
    benchmark:
        f"{R}/benchmarks/monologues/trace.{{direction}}.{{scatteritem}}.tsv"
    container:
        image("data")
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        code=code("monologue", "write"),
        options=options(
            label_offset="prompts.label_offset",
            per_program="monologue.per_program",
            max_chars="monologue.max_chars",
            max_total_chars="monologue.max_total_chars",
            seed="monologue.seed",
        ),
    message:
        "monologues: {output.monologues}"
    shell:
        "semcoder --log {log} monologue write --direction {wildcards.direction} --programs {input.programs}"
        " --tests {input.tests} --traces {input.traces} {params.options}"
        " --monologues {output.monologues} --dropped {output.dropped} --summary {output.summary}"


rule sample_monologues:
    input:
        programs=f"{R}/pyx/programs.jsonl",
        tests=f"{R}/pyx/tests.jsonl",
        traces=f"{R}/traces/{{scatteritem}}.jsonl" if CONFIG.monologue.verify else [],
    output:
        monologues=f"{R}/monologues/teacher/{{direction}}/{{scatteritem}}.jsonl",
        dropped=f"{R}/monologues/teacher/{{direction}}/{{scatteritem}}.dropped.jsonl",
        summary=f"{R}/monologues/teacher/{{direction}}/{{scatteritem}}.summary.json",
    log:
        f"{R}/logs/monologues/teacher.{{direction}}.{{scatteritem}}.log",
    benchmark:
        f"{R}/benchmarks/monologues/teacher.{{direction}}.{{scatteritem}}.tsv"
    container:
        image("data")
    resources:
        mem_mb=4000,
        runtime=720,
    params:
        code=code("monologue", "sample"),
        teacher=teacher("monologue_model", "samples"),
        asking=asking,
        options=options(
            label_offset="prompts.label_offset",
            per_program="monologue.per_program",
            revisions="monologue.revisions",
            max_chars="monologue.max_chars",
            cpu_s="execution.cpu_seconds",
            memory_mb="execution.memory_mb",
        ),
        traces=lambda w, input: f"--traces {input.traces}" if input.traces else "",
    message:
        "monologues: {output.monologues}"
    shell:
        "semcoder --log {log} monologue sample --direction {wildcards.direction} --programs {input.programs}"
        " --tests {input.tests} {params.traces} --shard {wildcards.scatteritem} {params.options} {params.asking} --workers {threads}"
        " --monologues {output.monologues} --dropped {output.dropped} --summary {output.summary}"


rule translate_monologues:
    input:
        written=rules.write_monologues.output.monologues,
        programs=f"{R}/pyx/programs.jsonl",
        tests=f"{R}/pyx/tests.jsonl",
        traces=f"{R}/traces/{{scatteritem}}.jsonl",
    output:
        monologues=f"{R}/monologues/translation/{{direction}}/{{scatteritem}}.jsonl",
        dropped=f"{R}/monologues/translation/{{direction}}/{{scatteritem}}.dropped.jsonl",
        summary=f"{R}/monologues/translation/{{direction}}/{{scatteritem}}.summary.json",
    log:
        f"{R}/logs/monologues/translation.{{direction}}.{{scatteritem}}.log",
    benchmark:
        f"{R}/benchmarks/monologues/translation.{{direction}}.{{scatteritem}}.tsv"
    container:
        image("data")
    resources:
        mem_mb=4000,
        runtime=720,
    params:
        code=code("monologue", "translate"),
        teacher=teacher("monologue_model", "samples"),
        asking=asking,
        options=options(
            label_offset="prompts.label_offset",
            revisions="monologue.revisions",
            min_coverage="monologue.min_coverage",
            max_chars="monologue.max_chars",
            cpu_s="execution.cpu_seconds",
            memory_mb="execution.memory_mb",
        ),
    message:
        "monologues: {output.monologues}"
    shell:
        "semcoder --log {log} monologue translate --direction {wildcards.direction} --written {input.written}"
        " --programs {input.programs} --tests {input.tests} --traces {input.traces} {params.options} {params.asking}"
        " --workers {threads} --monologues {output.monologues} --dropped {output.dropped} --summary {output.summary}"
