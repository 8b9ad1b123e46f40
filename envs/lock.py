"""Write envs/requirements.lock from requirements.in, and environment.yaml from the lock.

    python envs/lock.py            resolve anew in a fresh environment, then write both
    python envs/lock.py --conda    write only environment.yaml, from the lock as it is

The lock names every package that the direct ones need, at one exact version. What depends on the
computer is left out of it: the build of a version (`+cpu`, `+cu130`) and the CUDA libraries that
torch asks for on some systems, whose versions torch itself pins.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.in"
LOCK = HERE / "requirements.lock"
CONDA = HERE / "environment.yaml"

# What torch brings along for one kind of accelerator.
ACCELERATOR = re.compile(r"^(nvidia|cuda|triton|pytorch-triton)(-|$)")

# Run by the fresh environment's Python: its packages, and who needs each.
LIST_PACKAGES = """
import importlib.metadata, json
from packaging.requirements import Requirement
found = {}
for dist in importlib.metadata.distributions():
    needs = []
    for text in dist.requires or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            needs.append(requirement.name)
    found[dist.metadata["Name"]] = [dist.version, needs]
print(json.dumps(found))
"""


def normal(name: str) -> str:
    """A package name as the index compares it: `typing_extensions` is `typing-extensions`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def direct_requirements() -> list[str]:
    """The names in requirements.in, in its order."""
    lines = (line.split("#")[0].strip() for line in REQUIREMENTS.read_text().splitlines())
    return [normal(re.split(r"[\s=<>!~;\[]", line)[0]) for line in lines if line]


def resolve() -> dict[str, tuple[str, list[str]]]:
    """Install requirements.in into a fresh environment; name → version and who needs it."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder, "env", "bin", "python")
        subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=True)
        pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, "-r", REQUIREMENTS], check=True)
        listed = subprocess.run(
            [python, "-c", LIST_PACKAGES], check=True, capture_output=True, text=True
        ).stdout
    packages = {
        normal(name): (version.split("+")[0], [normal(need) for need in needs])
        for name, (version, needs) in json.loads(listed).items()
    }
    # Only what the direct packages lead to: a new environment also holds pip.
    needed_by: dict[str, set[str]] = {name: set() for name in direct_requirements()}
    waiting = list(needed_by)
    while waiting:
        name = waiting.pop()
        for need in packages[name][1]:
            if ACCELERATOR.match(need) or need not in packages:
                continue
            if need not in needed_by:
                needed_by[need] = set()
                waiting.append(need)
            needed_by[need].add(name)
    return {name: (packages[name][0], sorted(who)) for name, who in sorted(needed_by.items())}


def lock_text(packages: dict[str, tuple[str, list[str]]]) -> str:
    """The lock: one exact version a line, and what asks for it."""
    direct = set(direct_requirements())
    lines = [
        "# Every package of the project's environment, exactly. Written by `make lock` from",
        "# requirements.in; edit that file, not this one.",
    ]
    for name, (version, needed_by) in packages.items():
        reasons = (["requirements.in"] if name in direct else []) + needed_by
        if len(reasons) > 2:
            reasons = [reasons[0], f"{len(reasons) - 1} more"]
        lines.append(f"{f'{name}=={version}':<46}  # {' and '.join(reasons)}")
    return "\n".join(lines) + "\n"


def pins(lock: str) -> list[str]:
    """The `name==version` of each line of a lock."""
    return [pin for line in lock.splitlines() if (pin := line.split("#")[0].strip())]


def conda_text(lock: str) -> str:
    """The conda environment of the same pins.

    Conda brings Python and pip, and pip installs the very packages that `make` installs: conda's
    own builds have other names and versions. The pins are repeated rather than referred to by a
    path, because Snakemake and others copy this file before they use it.
    """
    lines = [
        "# The environment for conda and mamba users; `make conda` builds it. `make lock` writes",
        "# it from requirements.lock, with the same pins: edit requirements.in, not this file.",
        "name: crosstag",
        "channels: [conda-forge, nodefaults]",
        "dependencies:",
        "  - python=3.11",
        "  - pip",
        "  - pip:",
        *(f"    - {pin}" for pin in pins(lock)),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    if sys.argv[1:] not in ([], ["--conda"]):
        sys.exit("usage: python envs/lock.py [--conda]")
    if not sys.argv[1:]:
        LOCK.write_text(lock_text(resolve()))
    CONDA.write_text(conda_text(LOCK.read_text()))
    print(f"{len(pins(LOCK.read_text()))} packages pinned")


if __name__ == "__main__":
    main()
