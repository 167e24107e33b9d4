# Questions, generations and scores (paper section 5).


rule questions:
    input:
        programs=f"{R}/pyx/heldout.jsonl",
        tests=f"{R}/pyx/tests.jsonl",
    output:
        kept=f"{R}/pyx/questions.jsonl",
        dropped=f"{R}/pyx/questions.dropped.jsonl",
        summary=f"{R}/pyx/questions.summary.json",
    log:
        f"{R}/logs/pyx/questions.log",
    benchmark:
        f"{R}/benchmarks/pyx/questions.tsv"
    container:
        image("data")
    threads: 2
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        code=code("evaluation", "questions"),
        least=EVALUATION.questions_wanted,
    message:
        "questions: {output.kept}"
    shell:
        "semcoder --log {log} evaluation questions --programs {input.programs} --tests {input.tests}"
        " --out {output.kept} --dropped {output.dropped} --summary {output.summary} --at-least {params.least}"
        " --workers {threads}"


rule generate:
    input:
        model=lambda w: MODELS.path(w.model),
        data=lambda w: EVALUATION.data_of(w.benchmark),
        few_shot=lambda w: EVALUATION.few_shot(w.model, w.benchmark, w.format),
    output:
        generations=f"{R}/generations/{{model}}/{{benchmark}}.{{format}}/{{scatteritem}}.jsonl",
        setup=f"{R}/generations/{{model}}/{{benchmark}}.{{format}}/{{scatteritem}}.setup.json",
    log:
        f"{R}/logs/generations/{{model}}.{{benchmark}}.{{format}}.{{scatteritem}}.log",
    benchmark:
        f"{R}/benchmarks/generations/{{model}}.{{benchmark}}.{{format}}.{{scatteritem}}.tsv"
    container:
        image("serve")
    # On a CPU many jobs of one thread share the cores better than one job of many does.
    threads: 1 if CONFIG.evaluation.gpus == 0 else 8
    resources:
        gpu=CONFIG.evaluation.gpus,
        mem_mb=6000 if CONFIG.evaluation.gpus == 0 else 64000,
        runtime=720,
    params:
        code=code("evaluation", "generate"),
        asking=lambda w: EVALUATION.generation_options(w.model, w.benchmark, w.format),
        options=options(engine="evaluation.engine", limit="evaluation.limit"),
    message:
        "generation: {output.generations}"
    shell:
        "semcoder --log {log} evaluation generate --model {input.model} --name {wildcards.model}"
        " $(printf -- '--data %s ' {input.data}) --shard {wildcards.scatteritem} {params.asking} {params.options}"
        " --threads {threads} --generations {output.generations} --setup {output.setup}"


rule score:
    input:
        generations=lambda w: EVALUATION.generations(w.model, w.benchmark, w.format, gather),
        setup=lambda w: EVALUATION.generations(w.model, w.benchmark, w.format, gather, "setup.json"),
        data=lambda w: EVALUATION.data_of(w.benchmark),
    output:
        verdicts=f"{R}/scores/{{model}}/{{benchmark}}.{{format}}.items.jsonl",
        score=f"{R}/scores/{{model}}/{{benchmark}}.{{format}}.json",
    log:
        f"{R}/logs/scores/{{model}}.{{benchmark}}.{{format}}.log",
    benchmark:
        f"{R}/benchmarks/scores/{{model}}.{{benchmark}}.{{format}}.tsv"
    container:
        image("data")
    threads: 2
    resources:
        mem_mb=8000,
        runtime=120,
    params:
        code=code("evaluation", "judge"),
        benchmark=lambda w: w.benchmark,
    message:
        "scores: {output.score}"
    shell:
        "semcoder --log {log} evaluation judge --benchmark {params.benchmark}"
        " $(printf -- '--data %s ' {input.data}) $(printf -- '--generations %s ' {input.generations})"
        " $(printf -- '--setup %s ' {input.setup}) --workers {threads}"
        " --items {output.verdicts} --score {output.score}"
