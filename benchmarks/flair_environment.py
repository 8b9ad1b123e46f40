"""flair in an environment of its own, with its hundred packages, for benchmarks beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TORCH = "2.13.0"
FLAIR = "0.15.1"
#: of flair's dependencies, those whose later releases break it or change its speed
PINS = ("transformers==4.57.6", "numpy==2.4.6", "scikit-learn==1.9.1", "scipy==1.17.1")

#: flair asks its model hub nothing and uses no GPU
OFFLINE = {"FLAIR_DEVICE": "cpu", "CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1"}


def flair_python(folder: Path) -> Path:
    """The Python of flair's environment, which is made if it is not there.

    Raises:
        SystemExit: if the folder holds something else, or other versions came out.
    """
    python = folder / "bin" / "python"
    torch = f"torch=={TORCH}"
    wanted = {"flair": FLAIR, "torch": TORCH}
    if python.exists() and _installed(python, wanted) == wanted:
        return python
    if folder.exists() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").exists():
        raise SystemExit(f"error: {folder} holds something else; give --flair-env another folder")
    print(f"making flair's environment in {folder}, some minutes", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, torch], check=True)
    # torch is named again: what is installed must not be replaced.
    subprocess.run([*pip, f"flair=={FLAIR}", torch, *PINS], check=True)
    if (found := _installed(python, wanted)) != wanted:
        raise SystemExit(f"error: {folder} has {found}, expected {wanted}")
    return python


def _installed(python: Path, names: dict[str, str]) -> dict[str, str]:
    """Versions of packages in an environment, without the local part; {} if it lacks one."""
    code = (
        "import json, sys; from importlib.metadata import version; "
        "print(json.dumps({n: version(n).partition('+')[0] for n in sys.argv[1:]}))"
    )
    done = subprocess.run([python, "-c", code, *names], capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else {}
