# Raw seeds (paper section 3.1): pieces of existing programs, taken by their syntax trees.


rule extract_seeds:
    input:
        DATA.corpora,
    output:
        seeds=f"{R}/seeds/{{scatteritem}}.jsonl",
        dropped=f"{R}/seeds/{{scatteritem}}.dropped.jsonl",
        summary=f"{R}/seeds/{{scatteritem}}.summary.json",
    log:
        f"{R}/logs/seeds/{{scatteritem}}.log",
    benchmark:
        f"{R}/benchmarks/seeds/{{scatteritem}}.tsv"
    container:
        image("data")
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        code=code("seeds", "extract"),
        corpora=DATA.corpora_state,
        options=options(
            sources="seeds.sources",
            kinds="seeds.kinds",
            fraction="seeds.fraction",
            min_lines="seeds.min_lines",
            max_lines="seeds.max_lines",
            max_context_lines="seeds.max_context_lines",
            statements_per_file="seeds.statements_per_file",
            seed="seeds.seed",
        ),
    message:
        "seeds: {output.seeds}"
    shell:
        "semcoder --log {log} seeds extract {params.options} --shard {wildcards.scatteritem}"
        " --seeds {output.seeds} --dropped {output.dropped} --summary {output.summary}"
