"""Croissant metadata (JSON-LD), after version 1.0 of the format: mlcommons.org/croissant/1.0."""

import re
from typing import Any

from semcoder.release.contents import Contents, File
from semcoder.release.rows import columns
from semcoder.release.settings import ReleaseSettings
from semcoder.seeds.licences import UNKNOWN

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
SPDX = "https://spdx.org/licenses/"
PAPER = "https://arxiv.org/abs/2406.01006"
CITATION = (
    "@inproceedings{ding2024semcoder, title={SemCoder: Training Code Language Models with Comprehensive Semantics "
    "Reasoning}, author={Ding, Yangruibo and Peng, Jinjun and Min, Marcus J. and Kaiser, Gail and Yang, Junfeng and "
    "Ray, Baishakhi}, booktitle={Advances in Neural Information Processing Systems 37}, year={2024}}"
)
"""Of the paper that the data set follows (CITATION.cff)."""
SAID = {
    "pyx": "Python programs with inputs that ran, told forward and backward (PyX)",
    "pyx_r": "faulty Python programs, told why they fail and mended (PyX-R)",
}
"""{config: what it holds}"""
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context that the format recommends (its Appendix 1)."""


def lacking(settings: ReleaseSettings) -> list[str]:
    """The keys of `release` that the format demands and that are not set."""
    return [key for key in ("url", "creator", "published") if getattr(settings, key) is None]


def croissant(contents: Contents) -> dict[str, Any]:
    """The metadata of a folder: every file with its hash, and a record set of each."""
    settings = contents.settings
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": settings.name,
        "version": settings.version,
        "description": (
            f"{_said(contents)}. Each row has the source and licence of the code that it comes from. Made with "
            f"configuration {contents.fingerprint}."
        ),
        "license": [_licence(name) for name, *_ in contents.licences],
        "keywords": ["code", "python", "execution reasoning"],
        "inLanguage": "en",
        "isBasedOn": PAPER,
        "citeAs": CITATION,
        "distribution": [_file(file) for file in contents.files],
        "recordSet": [_records(file) for file in contents.files],
    }
    if settings.url:
        found["url"] = settings.url
    if settings.creator:
        found["creator"] = {"@type": "sc:Organization", "name": settings.creator}
    if settings.published:
        found["datePublished"] = settings.published.isoformat()
    return found


def _said(contents: Contents) -> str:
    rows = {config: sum(len(file.rows) for file in files) for config, files in contents.configs.items()}
    return "; ".join(f"{SAID[config]}: {count:,} rows" for config, count in rows.items())


def _licence(name: str) -> str | dict[str, str]:
    """Its page where it may be an SPDX id, else its name alone."""
    if name != UNKNOWN and re.fullmatch(r"[A-Za-z0-9.+-]+", name):
        return f"{SPDX}{name}.html"
    return {"@type": "sc:CreativeWork", "name": name}


def _file(file: File) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": file.path,
        "contentSize": f"{file.size} B",
        "encodingFormat": "application/jsonlines",
        "sha256": file.sha256,
    }


def _records(file: File) -> dict[str, Any]:
    name = f"{file.config}_{file.split}"
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"{len(file.rows)} rows of {file.path}.",
        "key": {"@id": f"{name}/id"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{column}",
                "name": f"{name}/{column}",
                "description": about.description,
                "dataType": "sc:Integer" if about.annotation is int else "sc:Text",
                "source": {"fileObject": {"@id": file.path}, "extract": {"column": column}},
            }
            for column, about in columns(file.kind).items()
        ],
    }
