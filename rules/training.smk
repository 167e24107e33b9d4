# Mixtures, base models and training (paper sections 4.3 and 5).


rule convert_base:
    input:
        lambda w: DATA.model_file(w.model),
    output:
        directory(f"{R}/models/{{model}}"),
    log:
        f"{R}/logs/models/{{model}}.log",
    benchmark:
        f"{R}/benchmarks/models/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(DATA.gguf_models),
    container:
        image("train")
    threads: 2
    resources:
        mem_mb=6000,
        runtime=30,
    params:
        code=code("training", "base"),
    message:
        "models: {output}"
    shell:
        "semcoder --log {log} training base --gguf {input} --out {output}"


rule clean_extra:
    input:
        source=lambda w: TRAINING.extra_source(w.extra),
        benchmarks=DATA.looked_into("training.decontaminate"),
    output:
        rows=f"{R}/extras/{{extra}}.jsonl",
        dropped=f"{R}/extras/{{extra}}.dropped.jsonl",
        summary=f"{R}/extras/{{extra}}.summary.json",
    log:
        f"{R}/logs/extras/{{extra}}.log",
    benchmark:
        f"{R}/benchmarks/extras/{{extra}}.tsv"
    wildcard_constraints:
        extra=one_of(TRAINING.extras),
    container:
        image("data")
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        code=code("training", "clean"),
        licence=lambda w: TRAINING.licence(w.extra),
        benchmarks=DATA.looked_into_options("training.decontaminate"),
    message:
        "extras: {output.rows}"
    shell:
        "semcoder --log {log} training clean --name {wildcards.extra} $(printf -- '--source %s ' {input.source})"
        " {params.licence} {params.benchmarks} --out {output.rows} --dropped {output.dropped}"
        " --summary {output.summary}"


rule mix:
    input:
        unpack(lambda w: TRAINING.mixture_inputs(w.recipe)),
    output:
        mixture=f"{R}/mixtures/{{recipe}}.jsonl",
        dropped=f"{R}/mixtures/{{recipe}}.dropped.jsonl",
        summary=f"{R}/mixtures/{{recipe}}.summary.json",
    log:
        f"{R}/logs/mixtures/{{recipe}}.log",
    benchmark:
        f"{R}/benchmarks/mixtures/{{recipe}}.tsv"
    container:
        image("train")
    resources:
        mem_mb=16000,
        runtime=120,
    params:
        code=code("training", "mix"),
        recipe=lambda w: TRAINING.mixture_recipe(w.recipe),
        files=lambda w: TRAINING.mixture_options(w.recipe),
        options=lambda w: TRAINING.mixture_prompts(w.recipe),
    message:
        "mixtures: {output.mixture}"
    shell:
        "semcoder --log {log} training mix {params.recipe} {params.files} {params.options}"
        " --mixture {output.mixture} --dropped {output.dropped} --summary {output.summary}"


rule train:
    input:
        base=lambda w: TRAINING.base(w.recipe),
        mixture=f"{R}/mixtures/{{recipe}}.jsonl",
    output:
        directory(f"{R}/checkpoints/{{recipe}}"),
    log:
        f"{R}/logs/training/{{recipe}}.log",
    benchmark:
        f"{R}/benchmarks/training/{{recipe}}.tsv"
    wildcard_constraints:
        recipe=one_of(TRAINING.recipes),
    container:
        image("train") if CONFIG.training.nodes == 1 else None
    threads: workflow.cores if CONFIG.training.gpus == 0 else TRAINING.threads
    resources:
        **TRAINING.nodes,
        gpu=CONFIG.training.gpus * CONFIG.training.nodes,
        mem_mb=8000 if CONFIG.training.gpus == 0 else 400000,
        runtime=4320,
    params:
        code=code("training", "train"),
        recipe=lambda w: TRAINING.recipe(w.recipe),
        launcher=TRAINING.launcher(image("train") if IN_IMAGES else ""),
        devices=TRAINING.devices,
    message:
        "training: {output} ({resources.gpu} GPUs, {threads} threads, {resources.mem_mb} MB, at most"
        " {resources.runtime} minutes)"
    shell:
        # Emptied here: processes that are launched together all append.
        ": > {log}; {params.launcher} --log {log} training train --base {input.base} --mixture {input.mixture}"
        " {params.recipe} {params.devices} --threads {threads} --out {output}"
