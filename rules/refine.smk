# PyX-R (paper section 3.3) and five rounds of self-refinement (section 6.3).

TRAIN = [f"{R}/pyx/train.jsonl", f"{R}/pyx/tests.jsonl", f"{R}/pyx/problems.jsonl"]
ROUND = f"{R}/refinement/{{refinement}}/{{model}}/{{benchmark}}.{{rationale}}/round{{round}}"


use rule generate as sample_buggy with:
    input:
        model=lambda w: MODELS.path(w.model),
        data=TRAIN,
    output:
        generations=f"{R}/pyx_r/{{model}}/{{scatteritem}}.generations.jsonl",
        setup=f"{R}/pyx_r/{{model}}/{{scatteritem}}.setup.json",
    log:
        f"{R}/logs/pyx_r/{{model}}.{{scatteritem}}.log",
    benchmark:
        f"{R}/benchmarks/pyx_r/{{model}}.{{scatteritem}}.tsv"
    params:
        code=code("evaluation", "generate"),
        asking=lambda w: EVALUATION.buggy_options(w.model),
        options=options(engine="evaluation.engine"),
    message:
        "pyx-r: {output.generations}"


use rule score as score_buggy with:
    input:
        generations=f"{R}/pyx_r/{{model}}/{{scatteritem}}.generations.jsonl",
        setup=f"{R}/pyx_r/{{model}}/{{scatteritem}}.setup.json",
        data=TRAIN,
    output:
        verdicts=f"{R}/pyx_r/{{model}}/{{scatteritem}}.items.jsonl",
        score=f"{R}/pyx_r/{{model}}/{{scatteritem}}.json",
    log:
        f"{R}/logs/pyx_r/{{model}}.{{scatteritem}}.score.log",
    benchmark:
        f"{R}/benchmarks/pyx_r/{{model}}.{{scatteritem}}.score.tsv"
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        code=code("evaluation", "judge"),
        benchmark="pyx_code",
    message:
        "pyx-r: {output.score}"


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
        teacher=teacher("monologue_model", "samples"),
        asking=asking,
        options=options(
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
        " $(printf -- '--items %s ' {input.verdicts}) {params.options} {params.asking} --workers {threads}"
        " --out {output.examples} --dropped {output.dropped} --summary {output.summary}"


rule refine_round:
    input:
        unpack(lambda w: EVALUATION.refinement_inputs(w, gather)),
        model=lambda w: MODELS.path(w.model),
        data=lambda w: EVALUATION.data_of(w.benchmark),
    output:
        generations=f"{ROUND}.jsonl",
        setup=f"{ROUND}.setup.json",
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
        runtime=120,
    params:
        code=code("refine", "round"),
        model=lambda w: EVALUATION.refinement_options(w.refinement, w.model),
        options=options(engine="evaluation.engine"),
    message:
        "refinement: {output.generations}"
    shell:
        "semcoder --log {log} refine round --round {wildcards.round} --model {input.model} --name {wildcards.model}"
        " --benchmark {wildcards.benchmark} $(printf -- '--data %s ' {input.data})"
        " $(printf -- '--previous-generations %s ' {input.generations}) --previous-items {input.verdicts}"
        " --rationale {wildcards.rationale} {params.model} {params.options} --threads {threads}"
        " --out-generations {output.generations} --setup {output.setup}"


use rule score as score_round with:
    input:
        generations=f"{ROUND}.jsonl",
        setup=f"{ROUND}.setup.json",
        data=lambda w: EVALUATION.data_of(w.benchmark),
    output:
        verdicts=f"{ROUND}.items.jsonl",
        score=f"{ROUND}.json",
    log:
        f"{R}/logs/refinement/{{refinement}}.{{model}}.{{benchmark}}.{{rationale}}.round{{round}}.score.log",
    benchmark:
        f"{R}/benchmarks/refinement/{{refinement}}.{{model}}.{{benchmark}}.{{rationale}}.round{{round}}.score.tsv"
    message:
        "refinement: {output.score}"
