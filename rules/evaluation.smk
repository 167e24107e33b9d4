# Generations and scores (paper section 5).


rule generate:
    input:
        model=lambda w: MODELS.path(w.model),
        data=lambda w: DATA.of_benchmark(w.benchmark),
    output:
        f"{R}/generations/{{model}}/{{benchmark}}.{{format}}/{{scatteritem}}.jsonl",
    log:
        f"{R}/logs/generations/{{model}}.{{benchmark}}.{{format}}.{{scatteritem}}.log",
    benchmark:
        f"{R}/benchmarks/generations/{{model}}.{{benchmark}}.{{format}}.{{scatteritem}}.tsv"
    container:
        image("serve")
    threads: workflow.cores if CONFIG.evaluation.gpus == 0 else 8
    resources:
        gpu=CONFIG.evaluation.gpus,
        mem_mb=6000 if CONFIG.evaluation.gpus == 0 else 64000,
        runtime=720,
    params:
        code=code("evaluation", "generate"),
        model=lambda w: EVALUATION.generation_options(w.model, w.benchmark, w.format),
        options=options(engine="evaluation.engine", limit="evaluation.limit"),
    message:
        "generation: {output}"
    shell:
        "semcoder --log {log} evaluation generate --model {input.model} --name {wildcards.model}"
        " --benchmark {wildcards.benchmark} $(printf -- '--data %s ' {input.data}) --format {wildcards.format}"
        " --shard {wildcards.scatteritem} {params.model} {params.options} --threads {threads} --generations {output}"


rule score:
    input:
        generations=lambda w: EVALUATION.generations(w.model, w.benchmark, w.format, gather),
        data=lambda w: DATA.of_benchmark(w.benchmark),
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
        code=code("evaluation", "score"),
    message:
        "scores: {output.score}"
    shell:
        "semcoder --log {log} evaluation score --benchmark {wildcards.benchmark}"
        " $(printf -- '--data %s ' {input.data}) $(printf -- '--generations %s ' {input.generations})"
        " --workers {threads} --items {output.verdicts} --score {output.score}"
