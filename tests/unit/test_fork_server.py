"""Forked jobs: whatever a script can see or do is as in a Python started for it."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

SOURCE = Path(__file__).resolve().parents[2] / "envs" / "fork_server.py"
spec = importlib.util.spec_from_file_location("fork_server", SOURCE)
fork_server = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fork_server)

pytestmark = pytest.mark.skipif(not fork_server.available(), reason="needs Linux 5.3")

SNAKEMAKE = [
    sys.executable,
    "-c",
    f"import sys; sys.path.insert(0, {str(SOURCE.parent)!r}); import launcher; launcher.main()",
]


def environment(threads: int = 1) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return own | dict.fromkeys(fork_server.THREAD_VARIABLES, str(threads))


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def ended(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.fixture(scope="module")
def client() -> fork_server.Client:
    """Forks from a server that holds next to nothing, as most questions need no more."""
    return fork_server.Client(["logging", "numpy.random"])


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        path = tmp_path / "job with a space.py"
        path.write_text(text)
        return str(path)

    return write


def forked(
    client: fork_server.Client, path: str, **changes: str
) -> tuple[int, fork_server.ForkedJob]:
    job = client.fork(path, environment() | changes)
    assert job is not None
    return job.wait(), job


# ---------------------------------------------------------------- as in a Python of its own

HELLO = "import sys; print('out'); print('err', file=sys.stderr)\n"
SCRIPTS = {
    "ends": HELLO,
    "exit status": HELLO + "sys.exit(3)",
    "exit message": "import sys; sys.exit('bad input')",
    "exception": "def f():\n    1 / 0\n\nf()",
    "chained exception": "try:\n    1 / 0\nexcept ValueError:\n    pass\nfinally:\n    [][1]",
    "own hook": (
        "import sys, traceback\n"
        "sys.excepthook = lambda k, e, t: traceback.print_exception(k, e, t)\n{}['a']"
    ),
    "syntax error": "def f(:\n    pass",
    "interrupt": "raise KeyboardInterrupt",
    "kills itself": HELLO + "import os; sys.stdout.flush(); os.kill(os.getpid(), 9)",
    "terminated": "import os; os.kill(os.getpid(), 15)",
    "leaves at once": "import os; os._exit(7)",
    "order of the end": (
        "import atexit, threading, time, sys\n"
        "class Last:\n    def __del__(self): print('deleted', bool(sys.meta_path))\n"
        "last = Last()\natexit.register(print, 'atexit')\n"
        "threading.Thread(target=lambda: (time.sleep(0.1), print('thread'))).start()\n"
        "print('main')"
    ),
    "file left open": (
        "import atexit, os\npath = os.path.join(os.path.dirname(__file__), 'left')\n"
        "file = open(path, 'w')\nfile.write('text')\n"
        "atexit.register(lambda: print(open(path).read() == ''))"
    ),
    "who am I": (
        "import os, sys\nprint(__name__, __file__, __spec__, __doc__, sys.argv, sys.orig_argv)\n"
        "print(sys.path, sys.flags, sorted(globals()), sys.executable, sys.prefix)\n"
        "import __main__; print(__main__.__dict__ is globals(), type(__loader__).__name__)\n"
        "print(__annotations__ if '__annotations__' in globals() else None)\nx: int = 1\n"
        "print(__annotations__)"  # evaluated: this file's own __future__ must not leak in
    ),
    "surroundings": (
        "import os, sys, signal, threading, resource\n"
        "print(os.getcwd(), oct(os.umask(0)), os.getpgrp(), os.getsid(0), os.nice(0))\n"
        "print(sorted(os.environ), hash(tuple(sorted(os.environ.items()))))\n"
        "print([(s, signal.getsignal(s)) for s in sorted(signal.valid_signals())])\n"
        "print(signal.pthread_sigmask(signal.SIG_BLOCK, []), threading.active_count())\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE), sys.getrecursionlimit())"
    ),
    "descriptors": "import os; print(sorted(os.listdir('/proc/self/fd'), key=int))",
    "streams": (
        "import sys, os\nfor s in (sys.stdin, sys.stdout, sys.stderr):\n"
        "    print(s.fileno(), s.encoding, s.errors, s.line_buffering, s.write_through, s.name)\n"
        "print(os.fstat(0)[:2], os.fstat(1)[:2], os.fstat(2)[:2], sys.stdin.read())"
    ),
    "temporary folder": "import tempfile; print(tempfile.gettempdir())",
    "locals of the server": "print([n for n in ('serve', 'run', 'channel') if n in globals()])",
    "declared encoding": "# -*- coding: latin-1 -*-\nprint(len('\u00e9'), __file__)",
}


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_sees_no_difference(
    text: str,
    client: fork_server.Client,
    script: Callable[[str], str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path, left = script(text), tmp_path / "left"
    seen = environment() | {"TMPDIR": str(tmp_path), "PYTHONHASHSEED": "0"}
    plain = subprocess.run([sys.executable, path], env=seen, check=False).returncode
    expected = plain, *capfd.readouterr()
    job = client.fork(path, seen)
    assert job is not None
    assert (job.wait(), *capfd.readouterr()) == expected
    if left.exists():
        assert left.read_text() == "text"


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("terminal", [False, True])
def test_output_is_buffered_as_ever(
    terminal: bool, unbuffered: str, script: Callable[[str], str], tmp_path: Path
) -> None:
    """By line on a terminal, which the server itself never has."""
    path = script("import sys; print(sys.stdout.line_buffering, sys.stdout.write_through)")
    driver = tmp_path / "driver.py"
    driver.write_text(
        f"import sys; sys.path.insert(0, {str(SOURCE.parent)!r}); import fork_server, os\n"
        f"client = fork_server.Client(['json'])\nsys.exit(client.fork({path!r}, os.environ).wait())"
    )
    seen, shown = environment() | {"PYTHONUNBUFFERED": unbuffered}, []
    for program in (path, driver):
        ours, theirs = os.openpty() if terminal else os.pipe()
        with os.fdopen(ours, "rb", 0) as reader, os.fdopen(theirs, "wb", 0) as writer:
            subprocess.run([sys.executable, program], stdout=writer, env=seen, check=True)
            shown.append(reader.read(100).split())
    assert shown[0] == shown[1]
    assert shown[0][0] == str(terminal and not unbuffered).encode()


def test_the_umask_of_the_moment_counts(
    client: fork_server.Client, script: Callable[[str], str], capfd: pytest.CaptureFixture[str]
) -> None:
    path = script("import os; print(oct(os.umask(0)))")
    before = os.umask(0o027)
    try:
        assert forked(client, path)[0] == 0
    finally:
        os.umask(before)
    assert capfd.readouterr().out == "0o27\n"


def test_an_edited_module_is_read_anew(
    client: fork_server.Client,
    script: Callable[[str], str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = script("import helper_of_job; print(helper_of_job.VALUE)")
    for value in ("first", "other"):  # of one length, within one tick of the clock
        (tmp_path / "helper_of_job.py").write_text(f"VALUE = {value!r}\n")
        os.utime(tmp_path / "helper_of_job.py", (value == "other",) * 2)
        assert forked(client, path)[0] == 0
        assert capfd.readouterr().out == f"{value}\n"


def test_chance_is_fresh(script: Callable[[str], str], capfd: pytest.CaptureFixture[str]) -> None:
    client = fork_server.Client(["numpy.random", "torch"])
    path = script(
        "import random, numpy.random, torch\n"
        "print(random.random(), numpy.random.rand(), torch.rand(1).item(), torch.initial_seed())"
    )
    for _ in range(3):
        assert forked(client, path)[0] == 0
    numbers = capfd.readouterr().out.split()
    assert len(set(numbers)) == 12


BITS = """
import hashlib, sys, torch
torch.set_num_threads({threads})
torch.manual_seed(1)
model = torch.nn.LSTM(64, 48, bidirectional=True)
digest = hashlib.sha256()
for _ in range(3):
    model.zero_grad()
    output = model(torch.randn(10, 16, 64))[0]
    output.square().mean().backward()
    with torch.no_grad():
        for tensor in model.parameters():
            tensor -= 0.1 * tensor.grad
for tensor in (output, *model.parameters(), torch.randn(400, 500) @ torch.randn(500, 300)):
    digest.update(tensor.detach().numpy().tobytes())
print(digest.hexdigest(), torch.get_num_threads(), torch.get_num_interop_threads())
print(torch.initial_seed() == 1, torch.__config__.parallel_info())
"""


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_bits(
    threads: int, script: Callable[[str], str], capfd: pytest.CaptureFixture[str]
) -> None:
    """With torch imported before the fork, on one thread and on two."""
    client = fork_server.Client(["torch"])
    path = script(BITS.replace("{threads}", str(threads)))
    subprocess.run([sys.executable, path], env=environment(threads), check=True)
    expected = capfd.readouterr().out
    job = client.fork(path, environment(threads))
    assert job.wait() == 0
    assert capfd.readouterr().out == expected


@pytest.mark.parametrize("threads", [1, 2])
def test_all_that_is_held_allows_a_fork(
    threads: int, script: Callable[[str], str], capfd: pytest.CaptureFixture[str]
) -> None:
    """Its import leaves no thread behind and touches no device; nothing of ours is in it."""
    wanted = repr(fork_server.MODULES)
    path = script(
        f"import sys, json, os\nmissing = [m for m in {wanted} if m not in sys.modules]\n"
        "cuda = 'torch' in sys.modules and sys.modules['torch'].cuda.is_initialized()\n"
        "ours = [m for m in sys.modules if m.startswith('crosstag')]\n"
        "print(json.dumps([missing, cuda, ours, len(os.listdir('/proc/self/task')),\n"
        "                  os.environ.get('JE_ARROW_MALLOC_CONF')]))"
    )
    client = fork_server.Client()
    end = time.monotonic() + 120
    while True:
        job = client.fork(path, environment(threads))
        assert job is not None and job.wait() == 0
        missing, *rest = json.loads(capfd.readouterr().out)
        assert rest == [False, [], 1, None]
        if not missing:
            break
        assert time.monotonic() < end, missing
        time.sleep(0.2)


# ---------------------------------------------------------------- who waits, who dies


def test_each_job_gets_its_own_status(
    client: fork_server.Client, script: Callable[[str], str]
) -> None:
    path = script("import os, sys, time; time.sleep(0.1); sys.exit(int(os.environ['TMP']))")

    def run(status: int) -> bool:
        return forked(client, path, TMP=str(status))[0] == status

    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(run, range(40)))


def test_a_job_that_has_ended_can_still_be_looked_at(
    client: fork_server.Client, script: Callable[[str], str]
) -> None:
    """Snakemake opens its measurement after the start, however short the job is."""
    job = client.fork(script(""), environment())
    until(lambda: psutil.Process(job.pid).status() == psutil.STATUS_ZOMBIE)
    time.sleep(0.1)
    assert psutil.Process(job.pid).status() == psutil.STATUS_ZOMBIE
    assert (job.wait(), job.wait(), job.returncode) == (0, 0, 0)
    assert not psutil.pid_exists(job.pid)
    job.kill()  # its number may belong to another by now


@pytest.mark.parametrize(("method", "number"), [("kill", 9), ("terminate", 15)])
def test_a_job_can_be_killed(
    method: str, number: int, client: fork_server.Client, script: Callable[[str], str]
) -> None:
    path = script("import time; time.sleep(600)")
    job = client.fork(path, environment())
    # Whoever looks for a job finds it as before.
    until(lambda: psutil.Process(job.pid).cmdline()[:1] == [sys.executable])
    assert " ".join(psutil.Process(job.pid).cmdline()) == f"{sys.executable} {path}"
    getattr(job, method)()
    assert job.wait() == -number


def test_jobs_of_another_environment_have_another_server(
    script: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = fork_server.Client(["json"])
    path = script("")

    def parent(**changes: str) -> int | None:
        job = client.fork(path, environment() | changes)
        if job is None:
            return None
        number = psutil.Process(job.pid).ppid()
        assert job.wait() == 0
        return number

    first = parent()
    assert parent() == parent(TMPDIR="/elsewhere", CROSSTAG_WORKFLOW_PID="1") == first
    second = parent(PYTHONHASHSEED="0")
    monkeypatch.chdir(tmp_path)
    third = parent()
    assert len({first, second, third}) == 3
    assert parent(OMP_NUM_THREADS="7") is None  # enough of them
    assert parent() == third


def test_with_its_server_a_job_dies(script: Callable[[str], str]) -> None:
    """The kernel may kill the server for want of memory: no success for Snakemake."""
    client = fork_server.Client(["json"])
    job = client.fork(script("import time; time.sleep(600)"), environment())
    server = psutil.Process(job.pid).parent()
    server.kill()
    assert job.wait() == -signal.SIGKILL
    until(lambda: ended(job.pid))
    assert client.fork(script(""), environment()) is None


def test_with_snakemake_all_die(script: Callable[[str], str], tmp_path: Path) -> None:
    driver = tmp_path / "driver.py"
    path = script("import time; time.sleep(600)")
    driver.write_text(
        f"import sys; sys.path.insert(0, {str(SOURCE.parent)!r}); import fork_server, os, psutil\n"
        "client = fork_server.Client(['json'])\n"
        f"job = client.fork({path!r}, os.environ)\n"
        "print(job.pid, psutil.Process(job.pid).ppid(), flush=True)\njob.wait()"
    )
    with subprocess.Popen([sys.executable, driver], stdout=subprocess.PIPE) as process:
        pids = [int(word) for word in process.stdout.readline().split()]
        process.kill()
    assert len(pids) == 2
    until(lambda: all(ended(pid) for pid in pids))


def test_a_server_with_threads_forks_nothing(
    script: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "starts_a_thread.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
        "import os; open('started', 'w').close()\n"
    )
    monkeypatch.chdir(tmp_path)
    seen = environment() | {"PYTHONPATH": str(tmp_path)}
    client = fork_server.Client(["starts_a_thread"])
    client.server(seen, os.getcwd())
    until(lambda: (tmp_path / "started").exists())
    assert client.fork(script(""), seen) is None


# ---------------------------------------------------------------- Snakemake

OPTIONS = {
    "bufsize": -1,
    "shell": True,
    "stdout": None,
    "universal_newlines": None,
    "close_fds": True,
    "executable": "/bin/bash",
    "env": {},
}


@pytest.mark.parametrize(
    ("command", "changes", "script"),
    [
        (f"set -euo pipefail;  {sys.executable} /a/b.py", {}, "/a/b.py"),
        (f"set -euo pipefail;  {sys.executable} '/a b/c.py'", {}, "/a b/c.py"),
        (f"set -euo pipefail;  {sys.executable} /a/b.py -x", {}, None),
        (f"set -euo pipefail;  {sys.executable} /a/$b.py", {}, None),
        (f"set -euo pipefail;  {sys.executable} '/a/b.py", {}, None),
        (f"module load x; {sys.executable} /a/b.py", {}, None),
        ("set -euo pipefail;  python /a/b.py", {}, None),
        ("set -euo pipefail;  source activate x; python /a/b.py", {}, None),
        ("set -euo pipefail;  Rscript /a/b.R", {}, None),
        ("set -euo pipefail;  echo $PATH", {"stdout": subprocess.PIPE}, None),
        (f"set -euo pipefail;  {sys.executable} /a/b.py", {"stdout": subprocess.PIPE}, None),
        (f"set -euo pipefail;  {sys.executable} /a/b.py", {"executable": "/bin/zsh"}, None),
        (f"set -euo pipefail;  {sys.executable} /a/b.py", {"env": {"BASH_ENV": "x"}}, None),
        (f"set -euo pipefail;  {sys.executable} /a/b.py", {"preexec_fn": print}, None),
    ],
)
def test_only_the_start_of_a_script_is_taken_over(
    command: str, changes: dict[str, object], script: str | None
) -> None:
    assert fork_server.script_of(command, OPTIONS | changes) == script


@pytest.mark.parametrize("value", ["0", "1"])
def test_the_switch(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSTAG_FORK", value)
    assert fork_server.available() is (value == "1")


SNAKEFILE = """
rule all:
    input: "forked", "shell"

rule forked:
    output: "forked"
    benchmark: "measured"
    threads: 2
    script: "job.py"

rule shell:
    output: "shell"
    shell: "ps -o args= $PPID > {output}"

rule bad:
    output: "bad"
    script: "bad.py"
"""


@pytest.mark.parametrize("fork", [True, False])
def test_jobs_of_a_real_run(fork: bool, tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "job.py").write_text(
        "import os, psutil, time\ntime.sleep(0.3)\n"
        "with open(snakemake.output[0], 'w') as file:\n"
        "    print(' '.join(psutil.Process().parent().cmdline()), os.environ['OMP_NUM_THREADS'],\n"
        "          snakemake.rule, file=file)\n"
    )
    (tmp_path / "bad.py").write_text(
        "import os\nopen(snakemake.output[0], 'w').close()\nos.kill(os.getpid(), 9)\n"
    )
    seen = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "CROSSTAG_FORK": str(int(fork))}
    seen = {k: v for k, v in seen.items() if not k.startswith("SNAKEMAKE")}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*SNAKEMAKE, *words, "--cores", "2"],
            cwd=tmp_path,
            env=seen,
            capture_output=True,
            text=True,
            check=False,
        )

    done = run()
    assert done.returncode == 0, done.stderr
    parent, threads, rule = (tmp_path / "forked").read_text().rsplit(maxsplit=2)
    assert (threads, rule) == ("2", "forked")
    assert ("holds the imports" in parent) is fork
    header, measured = (line.split("\t") for line in (tmp_path / "measured").open())
    if fork:  # without, a job this short may be over before more than its shell is measured
        assert float(measured[header.index("max_rss")]) > 5
    failed = run("bad")
    assert failed.returncode == 1 and "bad.py" in failed.stderr
    assert not (tmp_path / "bad").exists()
