# Images: `snakemake containers --cores 2` builds those that the configured rules run in, on this machine, without --sdm
# (handover: the work is that of mmdebstrap, pip and Apptainer). No other rule makes them: a run checks their files
# against containers/images.lock and refuses others.


rule debian_tree:
    output:
        f"{IMAGES.folder}/debian.tar",
    log:
        f"{IMAGES.folder}/logs/debian.log",
    handover: True
    message:
        "containers: {output}"
    shell:
        "semcoder --log {log} containers base --out {output}"


rule wheelhouse:
    input:
        lambda w: IMAGES.locks(w.image),
    output:
        directory(f"{IMAGES.folder}/wheelhouse/{{image}}"),
    log:
        f"{IMAGES.folder}/logs/{{image}}.wheelhouse.log",
    handover: True
    message:
        "containers: {output}"
    shell:
        "semcoder --log {log} containers wheelhouse {wildcards.image} --out {output}"


rule build_image:
    input:
        wheelhouse=f"{IMAGES.folder}/wheelhouse/{{image}}",
        base=IMAGES.base_file,
    output:
        f"{IMAGES.folder}/{{image}}.sif",
    log:
        f"{IMAGES.folder}/logs/{{image}}.log",
    handover: True
    params:
        definition=lambda w: IMAGES.definition(w.image),
        base=lambda w, input: input.base or IMAGES.base,
    message:
        "containers: {output}"
    shell:
        "semcoder --log {log} containers build {wildcards.image} --wheelhouse {input.wheelhouse}"
        " --base {params.base} --out {output}"


rule containers:
    input:
        [IMAGES.built(each) for each in IMAGES.names],
    output:
        update(str(CONFIG.containers.lock)),
    log:
        f"{IMAGES.folder}/logs/lock.log",
    handover: True
    message:
        "containers: {output}"
    shell:
        "semcoder --log {log} containers lock {input} --lock {output}"
