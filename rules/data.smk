# External files: fetched once, pinned in data/versions.csv, shared by every run.
# The pin decides what they hold: another mirror, or other code, fetches nothing again.


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
        pin=lambda w: DATA.pin(w.name),
        # A function of the output too: then Snakemake passes it on and does not compare it with the last run's.
        where=lambda w, output: DATA.fetch_options,
    message:
        "data: {output}"
    shell:
        "semcoder --log {log} data fetch {wildcards.name} {params.where} --out {output}"


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
        pin=lambda w: DATA.pin(w.name),
        # A function of the output too: then Snakemake passes it on and does not compare it with the last run's.
        where=lambda w, output: DATA.fetch_options,
    message:
        "data: {output}"
    shell:
        "semcoder --log {log} data fetch {wildcards.name} {params.where} --out {output}"
