"""RO-Crate's validator, without a network: `.venv-validator/bin/python tests/crate/validate.py CRATE REPORT.json`.

The validator asks for RO-Crate's JSON-LD context; here it gets the one that rocrate ships (1.3), whose terms of
Bioschemas are put where the 1.1 context has them. Its dependencies clash with ours (rich below 14), hence apart.
"""

import email.message
import io
import json
import sys
import urllib.request
import urllib.response
from pathlib import Path
from typing import Any

import requests
import requests_cache
import rocrate

PROFILE = "provenance-run-crate-0.5"
TERMS = json.loads((Path(rocrate.__file__).parent / "data/ro-crate.jsonld").read_text())["@context"]
TERMS |= {name: f"https://bioschemas.org/{name}" for name in ("ComputationalWorkflow", "FormalParameter")}
TERMS |= {name: f"https://bioschemas.org/ComputationalWorkflow#{name}" for name in ("input", "output")}
BODY = json.dumps({"@context": TERMS}).encode()


def opened(asked: Any, *_: Any, **__: Any) -> Any:
    """In place of urllib's: the context, and nothing else."""
    url = getattr(asked, "full_url", asked)
    if "w3id.org/ro/crate/" not in str(url):
        raise OSError(f"{url}: there is no network")
    headers = email.message.Message()
    headers["content-type"] = "application/ld+json"
    return urllib.response.addinfourl(io.BytesIO(BODY), headers, url, 200)


def answered(_: Any, method: str, url: str, *__: Any, **___: Any) -> requests.Response:
    """In place of requests': the same."""
    if "w3id.org/ro/crate/" not in url:
        raise requests.ConnectionError(f"{method} {url}: there is no network")
    response = requests.Response()
    response.status_code, response.url, response._content = 200, url, BODY
    response.headers["content-type"] = "application/ld+json"
    response.from_cache = False
    return response


def main(crate: str, report: str) -> None:
    """Write the validator's report of a crate."""
    urllib.request.urlopen = opened
    requests.Session.request = requests_cache.CachedSession.request = answered
    import rdflib._networking
    from rocrate_validator.cli.main import cli

    if hasattr(rdflib._networking, "urlopen"):
        rdflib._networking.urlopen = opened
    words = [
        "-y",
        "--disable-color",
        "validate",
        "-p",
        PROFILE,
        "-l",
        "required",
        "-f",
        "json",
        "--no-paging",
    ]
    sys.argv = ["rocrate-validator", *words, "-o", report, crate]
    cli()


if __name__ == "__main__":
    main(*sys.argv[1:])
