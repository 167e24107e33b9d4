# PyX-R (paper section 3.3) and five rounds of self-refinement (section 6.3).


rule sample_buggy:
    input:
        model=lambda w: MODELS.path(w.model),
        data=[f"{R}/pyx/train.jsonl", f"{R}/pyx/tests.jsonl", f"{R}/pyx/problems.jsonl"],
    output:
        f"{R}/pyx_r/{{model}}/{{scatteritem}}.generations.jsonl",
    log:
        f"{R}/logs/pyx_r/{{model}}.{{scatteritem}}.log",
    benchmark:
        f"{R}/benchmarks/pyx_r/{{model}}.{{scatteritem}}.tsv"
    container:
        image("serve")
    threads: workflow.cores if CONFIG.evaluation.gpus == 0 else 8
    resources:
        gpu=CONFIG.evaluation.gpus,
        mem_mb=64000,
        runtime=720,
    params:
        code=code("evaluation", "generate"),
        options=options(engine="evaluation.engine", sampling="pyx_r.sampling", style="prompts.style"),
    message:
        "pyx-r: {output}"
    shell:
        "semcoder --log {log} evaluation generate --model {input.model} --name {wildcards.model}"
        " --benchmark pyx_code $(printf -- '--data %s ' {input.data}) --format code"
        " --shard {wildcards.scatteritem} {params.options} --threads {threads} --generations {output}"


rule score_buggy:
    input:
        generations=f"{R}/pyx_r/{{model}}/{{scatteritem}}.generations.jsonl",
        data=[f"{R}/pyx/train.jsonl", f"{R}/pyx/tests.jsonl", f"{R}/pyx/problems.jsonl"],
    output:
        verdicts=f"{R}/pyx_r/{{model}}/{{scatteritem}}.items.jsonl",
        score=f"{R}/pyx_r/{{model}}/{{scatteritem}}.json",
    log:
        f"{R}/logs/pyx_r/{{model}}.{{scatteritem}}.score.log",
    benchmark:
        f"{R}/benchmarks/pyx_r/{{model}}.{{scatteritem}}.score.tsv"
    container:
        image("data")
    threads: 2
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        code=code("evaluation", "score"),
    message:
        "pyx-r: {output.score}"
    shell:
        "semcoder --log {log} evaluation score --benchmark pyx_code $(printf -- '--data %s ' {input.data})"
        " --generations {input.generations} --workers {threads} --items {output.verdicts} --score {output.score}"


rule build_pyx_r:
    input:
        problems=f"{R}/pyx/problems.jsonl",
        programs=f"{R}/pyx/train.jsonl",
        tests=f"{R}/pyx/tests.jsonl",
        generations=gather.evaluation(f"{R}/pyx_r/{CONFIG.pyx_r.model}/{{scatteritem}}.generations.jsonl"),
        verdicts=gather.evaluation(f"{R}/pyx_r/{CONFIG.pyx_r.model}/{{scatteritem}}.items.jsonl"),
    output:
        examples=f"{R}/pyx_r/pyx_r.jsonl",
        dropped=f"{R}/pyx_r/dropped.jsonl",
        summary=f"{R}/pyx_r/summary.json",
    log:
        f"{R}/logs/pyx_r/build.log",
    benchmark:
        f"{R}/benchmarks/pyx_r/build.tsv"
    container:
        image("data")
    threads: 8
    resources:
        mem_mb=16000,
        runtime=1440,
    params:
        code=code("refine", "build"),
        options=options(
            teacher="teacher",
            per_program="pyx_r.per_program",
            style="prompts.style",
            cpu_s="execution.cpu_seconds",
            memory_mb="execution.memory_mb",
        ),
    message:
        "pyx-r: {output.examples}"
    shell:
        "semcoder --log {log} refine build --problems {input.problems} --programs {input.programs}"
        " --tests {input.tests} $(printf -- '--generations %s ' {input.generations})"
        " $(printf -- '--items %s ' {input.verdicts}) {params.options} --workers {threads}"
        " --out {output.examples} --dropped {output.dropped} --summary {output.summary}"


rule refine_round:
    input:
        unpack(lambda w: EVALUATION.refinement_inputs(w, gather)),
        model=lambda w: MODELS.path(w.model),
        data=lambda w: DATA.of_benchmark(w.benchmark),
    output:
        f"{R}/refinement/{{refinement}}/{{model}}/{{benchmark}}.{{rationale}}/round{{round}}.jsonl",
    log:
        f"{R}/logs/refinement/{{refinement}}.{{model}}.{{benchmark}}.{{rationale}}.round{{round}}.log",
    benchmark:
        f"{R}/benchmarks/refinement/{{refinement}}.{{model}}.{{benchmark}}.{{rationale}}.round{{round}}.tsv"
    container:
        image("serve")
    threads: workflow.cores if CONFIG.evaluation.gpus == 0 else 8
    resources:
        gpu=CONFIG.evaluation.gpus,
        mem_mb=64000,
        runtime=720,
    params:
        code=code("refine", "round"),
        model=lambda w: EVALUATION.refinement_options(w.refinement, w.model),
        options=options(engine="evaluation.engine"),
    message:
        "refinement: {output}"
    shell:
        "semcoder --log {log} refine round --round {wildcards.round} --model {input.model} --name {wildcards.model}"
        " --benchmark {wildcards.benchmark} $(printf -- '--data %s ' {input.data})"
        " $(printf -- '--previous-generations %s ' {input.generations}) --previous-items {input.verdicts}"
        " --rationale {wildcards.rationale} {params.model} {params.options} --threads {threads}"
        " --out-generations {output}"


rule score_round:
    input:
        generations=f"{R}/refinement/{{refinement}}/{{model}}/{{benchmark}}.{{rationale}}/round{{round}}.jsonl",
        data=lambda w: DATA.of_benchmark(w.benchmark),
    output:
        verdicts=f"{R}/refinement/{{refinement}}/{{model}}/{{benchmark}}.{{rationale}}/round{{round}}.items.jsonl",
        score=f"{R}/refinement/{{refinement}}/{{model}}/{{benchmark}}.{{rationale}}/round{{round}}.json",
    log:
        f"{R}/logs/refinement/{{refinement}}.{{model}}.{{benchmark}}.{{rationale}}.round{{round}}.score.log",
    benchmark:
        f"{R}/benchmarks/refinement/{{refinement}}.{{model}}.{{benchmark}}.{{rationale}}.round{{round}}.score.tsv"
    container:
        image("data")
    threads: 2
    resources:
        mem_mb=8000,
        runtime=120,
    params:
        code=code("evaluation", "score"),
    message:
        "refinement: {output.score}"
    shell:
        "semcoder --log {log} evaluation score --benchmark {wildcards.benchmark}"
        " $(printf -- '--data %s ' {input.data}) --generations {input.generations}"
        " --workers {threads} --items {output.verdicts} --score {output.score}"
