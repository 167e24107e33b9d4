# External files: fetched once, pinned in data/versions.csv, shared by every run.


rule fetch_file:
    output:
        f"{EXTERNAL}/{{name}}/{{file}}",
    log:
        f"{EXTERNAL}/{{name}}.{{file}}.log",
    wildcard_constraints:
        name=one_of(DATA.files),
        file=r"[^/]+",
    container:
        image("data")
    resources:
        mem_mb=1000,
        runtime=120,
    params:
        code=code("data", "fetch"),
        pin=lambda w: DATA.pin(w.name),
        options=options(versions="data.versions", mirror="data.mirror"),
    message:
        "data: {output}"
    shell:
        "semcoder --log {log} data fetch {wildcards.name} {params.options} --out {output}"


rule fetch_snapshot:
    output:
        directory(f"{EXTERNAL}/{{name}}"),
    log:
        f"{EXTERNAL}/{{name}}.log",
    wildcard_constraints:
        name=one_of(DATA.snapshots),
    container:
        image("data")
    resources:
        mem_mb=4000,
        runtime=1440,
    params:
        code=code("data", "fetch"),
        pin=lambda w: DATA.pin(w.name),
        options=options(versions="data.versions", mirror="data.mirror"),
    message:
        "data: {output}"
    shell:
        "semcoder --log {log} data fetch {wildcards.name} {params.options} --out {output}"
