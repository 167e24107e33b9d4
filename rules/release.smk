# What is published: our PyX and PyX-R as a folder for others. And what was: the authors' own, in place of ours.


rule release:
    input:
        **RELEASES.inputs,
    output:
        directory(f"{R}/release"),
    log:
        f"{R}/logs/release.log",
    benchmark:
        f"{R}/benchmarks/release.tsv"
    container:
        image("data")
    resources:
        mem_mb=16000,
        runtime=60,
    params:
        code=code("pyx", "export"),
        options=RELEASES.options,
        pyx_r=lambda w, input: f"--pyx-r {input.pyx_r}" if "pyx_r" in input.keys() else "",
    message:
        "release: {output}"
    shell:
        "semcoder --log {log} pyx export --problems {input.problems} --train {input.train} --heldout {input.heldout}"
        " --tests {input.tests} $(printf -- '--seeds %s ' {input.seeds})"
        " $(printf -- '--monologues %s ' {input.monologues}) {params.pyx_r}"
        " $(printf -- '--summary %s ' {input.summary}) {params.options} --out {output}"


rule read_released:
    input:
        lambda w: DATA.path(w.released),
    output:
        examples=f"{R}/released/{{released}}.jsonl",
        dropped=f"{R}/released/{{released}}.dropped.jsonl",
        summary=f"{R}/released/{{released}}.summary.json",
    log:
        f"{R}/logs/released/{{released}}.log",
    benchmark:
        f"{R}/benchmarks/released/{{released}}.tsv"
    container:
        image("data")
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        code=code("pyx", "import"),
    message:
        "released: {output.examples}"
    shell:
        "semcoder --log {log} pyx import --name {wildcards.released} --data {input}"
        " --out {output.examples} --dropped {output.dropped} --summary {output.summary}"
