# SemCoder, from raw seeds to tables and report. Configuration: config.yaml; a small CPU run: --profile profiles/quickstart.
# Rules stand in rules/, one file a stage; the work of each rule is one command of the package `semcoder`.
from snakemake.utils import min_version

from semcoder.errors import refusals
from semcoder.graph import Graph, one_of, shipped

min_version("9.0")


report: "report/workflow.rst"


configfile: f"{workflow.basedir}/config.yaml"


IN_IMAGES = "apptainer" in map(str, workflow.deployment_settings.deployment_method)

with refusals():
    GRAPH = Graph.of(config, workflow.configfiles, workflow.config_settings.config)
    if IN_IMAGES:
        GRAPH.images.check()
        GRAPH.images.enter()
CONFIG, DATA, MODELS, TRAINING, EVALUATION, IMAGES, RELEASES, BEYOND = GRAPH.parts
R, EXTERNAL = str(CONFIG.results), str(CONFIG.data.directory)
options, code, teacher, image = GRAPH.options, GRAPH.code, GRAPH.teacher, IMAGES.path
asking = GRAPH.asking


# Of the machine, not of the results: no parameter, so a change of it reruns nothing.
shell.prefix(f"export SEMCODER_ISOLATION={CONFIG.execution.isolation}; ")


scattergather:
    pyx=CONFIG.pyx.shards,
    evaluation=CONFIG.evaluation.shards,


wildcard_constraints:
    **GRAPH.wildcards,


include: "rules/containers.smk"
include: "rules/data.smk"
include: "rules/seeds.smk"
include: "rules/pyx.smk"
include: "rules/traces.smk"
include: "rules/monologues.smk"
include: "rules/contests.smk"
include: "rules/training.smk"
include: "rules/evaluation.smk"
include: "rules/refine.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"
include: "rules/beyond.smk"
include: "rules/report.smk"
include: "rules/pages.smk"
include: "rules/teacher.smk"
include: "rules/release.smk"


localrules:
    all,


onstart:
    from semcoder import doctor

    # The lock ends with this process, unlike Snakemake's own: after a kill the same command goes on.
    with refusals():
        GRAPH.hold_results()
        if workflow.executor_plugin.name != "touch":
            doctor.require(GRAPH, doctor.Site.of_run(workflow))
            GRAPH.note()


rule all:
    default_target: True
    input:
        EVALUATION.targets,
