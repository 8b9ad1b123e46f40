"""What a short job costs beside its work, forked by the launcher's server and started as ever.

    python benchmarks/job_overhead.py --jobs 50 --cores 2 --repeats 3

Each job imports what is asked for and writes a line. Both kinds run in the same minutes, turn by
turn, and so does a workflow without jobs, whose time is taken off. Medians, and their ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SNAKEFILE = """
rule all:
    input: expand("out/{i}", i=range(int(config["jobs"])))

rule job:
    output: "out/{i}"
    script: "job.py"
"""


def seconds(folder: Path, jobs: int, cores: int, fork: bool) -> float:
    """Time of one run of `jobs` jobs from nothing."""
    subprocess.run(["rm", "-rf", folder / "out", folder / ".snakemake"], check=True)
    command = [Path(sys.executable).with_name("snakemake"), "--cores", str(cores)]
    begin = time.perf_counter()
    subprocess.run(
        [*command, "--scheduler", "greedy", "--config", f"jobs={jobs}"],
        cwd=folder,
        env=os.environ | {"CROSSTAG_FORK": str(int(fork))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=50)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--imports", nargs="+", default=["torch"])
    options = parser.parse_args()
    times: dict[str, list[float]] = {"none": [], "started": [], "forked": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "Snakefile").write_text(SNAKEFILE)
        imports = "".join(f"import {module}\n" for module in options.imports)
        (folder / "job.py").write_text(
            f"{imports}with open(snakemake.output[0], 'w') as file:\n    file.write('done\\n')\n"
        )
        for _ in range(options.repeats):
            times["none"].append(seconds(folder, 0, options.cores, fork=False))
            times["started"].append(seconds(folder, options.jobs, options.cores, fork=False))
            times["forked"].append(seconds(folder, options.jobs, options.cores, fork=True))
    medians = {kind: statistics.median(values) for kind, values in times.items()}
    print(f"{options.jobs} jobs, {options.cores} at a time, import {', '.join(options.imports)}")
    for kind in ("started", "forked"):
        each = (medians[kind] - medians["none"]) / options.jobs * options.cores
        spread = f"{min(times[kind]):.1f} to {max(times[kind]):.1f}"
        print(f"{kind:8} {medians[kind]:6.1f} s in all ({spread}), {each:.3f} s a job")
    print(f"ratio {medians['started'] / medians['forked']:.1f} (no jobs: {medians['none']:.1f} s)")


if __name__ == "__main__":
    main()
