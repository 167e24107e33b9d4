# Traces, and the formats of the paper's ablation (App. I) made from them.


rule trace:
    input:
        programs=f"{R}/pyx/programs.jsonl",
        tests=f"{R}/pyx/tests.jsonl",
    output:
        traces=f"{R}/traces/{{scatteritem}}.jsonl",
        dropped=f"{R}/traces/{{scatteritem}}.dropped.jsonl",
        summary=f"{R}/traces/{{scatteritem}}.summary.json",
    log:
        f"{R}/logs/traces/{{scatteritem}}.log",
    benchmark:
        f"{R}/benchmarks/traces/{{scatteritem}}.tsv"
    container:
        image("data")
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        code=code("tracing", "trace"),
        options=options(
            cpu_s="execution.cpu_seconds",
            memory_mb="execution.memory_mb",
            max_events="tracing.max_events",
            max_value_chars="tracing.max_value_chars",
            per_program="tracing.per_program",
        ),
    message:
        "traces: {output.traces}"
    shell:
        "semcoder --log {log} tracing trace --programs {input.programs} --tests {input.tests}"
        " --shard {wildcards.scatteritem} {params.options} --workers {threads}"
        " --traces {output.traces} --dropped {output.dropped} --summary {output.summary}"


rule render:
    input:
        programs=f"{R}/pyx/programs.jsonl",
        tests=f"{R}/pyx/tests.jsonl",
        traces=f"{R}/traces/{{scatteritem}}.jsonl",
    output:
        rendered=f"{R}/formats/{{format}}/{{direction}}/{{scatteritem}}.jsonl",
        dropped=f"{R}/formats/{{format}}/{{direction}}/{{scatteritem}}.dropped.jsonl",
        summary=f"{R}/formats/{{format}}/{{direction}}/{{scatteritem}}.summary.json",
    log:
        f"{R}/logs/formats/{{format}}.{{direction}}.{{scatteritem}}.log",
    benchmark:
        f"{R}/benchmarks/formats/{{format}}.{{direction}}.{{scatteritem}}.tsv"
    container:
        image("data")
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        code=code("tracing", "render"),
        options=options(max_chars="tracing.max_format_chars"),
        labels=lambda w: TRAINING.labels(w.format),
    message:
        "formats: {output.rendered}"
    shell:
        "semcoder --log {log} tracing render --format {wildcards.format} --direction {wildcards.direction}"
        " --programs {input.programs} --tests {input.tests} --traces {input.traces} {params.options} {params.labels}"
        " --out {output.rendered} --dropped {output.dropped} --summary {output.summary}"
