"""Print what an image holds as CycloneDX 1.5 JSON: Debian packages and Python distributions, with their licences.

Run inside of the image while it is built; standard library only. Sorted, without serial number or time, so that equal
images have equal lists.
"""

import importlib.metadata
import json
import subprocess


def debian() -> list[dict[str, object]]:
    """The distribution's packages; their licences stand in /usr/share/doc, which images do without."""
    rows = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Version} ${Architecture}\n"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [
        {
            "type": "library",
            "name": name,
            "version": version,
            "purl": f"pkg:deb/debian/{name}@{version}?arch={architecture}",
        }
        for name, version, architecture in map(str.split, rows)
    ]


def python() -> list[dict[str, object]]:
    """The distributions of the environment."""
    found = []
    for each in importlib.metadata.distributions():
        about = each.metadata
        name = about["Name"].lower().replace("_", "-")
        said = about.get("License-Expression") or "; ".join(
            line.rpartition(" :: ")[2]
            for line in about.get_all("Classifier") or []
            if line.startswith("License ::")
        )
        component: dict[str, object] = {
            "type": "library",
            "name": name,
            "version": each.version,
            "purl": f"pkg:pypi/{name}@{each.version}",
        }
        if said:
            component["licenses"] = [{"license": {"name": said}}]
        found.append(component)
    return found


def main() -> None:
    """Print the list."""
    components = sorted(debian() + python(), key=lambda each: str(each["purl"]))
    found = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": components}
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
