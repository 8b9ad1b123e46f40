"""How fast byte_crf trains and decodes beside flair's tagger of the same shape, on the same cores.

    python benchmarks/training_speed.py --data FOLDER

FOLDER holds `esp.train` and `esp.testa` of CoNLL-2002. The Python that runs this is the project's
own (`.venv/bin/python`). Both taggers are byte BiLSTM 2 × 256 over 256-wide embeddings → word
vector → word BiLSTM 1 × 256 → CRF, trained with fused Adam on the same batches of 32 sentences.
They run in turn (A B A B A B), each in a process of its own; the table has medians over
`--repeats`, and `--output` takes all figures as JSON. It takes about five minutes on two cores
that have nothing else to do; `--full` trains the whole epoch instead of a sample of it.

Each half is timed in its own training loop: ours in `crosstag.training.train.train`, flair's in
`ModelTrainer.train_custom`. The clock starts when the last warm-up batch is done and stops when
the last batch is, so whatever a loop does for a batch is in (numbers made of words, loss, backward,
clipping, step, bookkeeping) and what it does once before (reading, making examples) is not;
that stands under `preparation_seconds` in the JSON. Decoding is `Tagger.tag` and
`SequenceTagger.predict` on the development text.

flair has no such tagger ready-made. What is bent, none of it slower than what it replaces:

*   its `CharacterEmbeddings` gets a second LSTM layer with dropout between them, and is given
    each word's UTF-8 bytes, a character each, so that both encode the same symbols;
*   dropout 0.5 where ours has it (between the layers, on word vectors, before the labels), its
    word dropout and locked dropout off; no reprojection of embeddings;
*   BIO tags; flair adds a start and a stop tag to ours;
*   denormals are flushed to zero, as ours has them.

flair 0.15.1 gives a word that recurs in a sentence the vector of another word. That costs no time,
so it is timed as it is; scores of this model would mean nothing and are not taken.

flair and its hundred packages live in an environment of their own (`--flair-env`), which is made
on the first run, some minutes with a network.

Arithmetic is counted as executed: ours encodes each distinct word of a batch once and multiplies
the first layer's input weights with the 256 embeddings instead of with every symbol; flair encodes
every occurrence. Products with the initial zero state are left out for both, backward counts
twice forward, and all but the matrix products is left out. The share is that rate by the rate
of a plain fp32 matrix product, measured before each pair.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

# Needs the standard library alone, so that the flair environment can import it too. What needs
# torch is imported by the workers only: the peak memory of a process counts in its children's.
from crosstag.corpora import columns
from crosstag.corpora.sentence import NER, Sentence
from crosstag.corpora.types import Types
from crosstag.errors import InputError

if TYPE_CHECKING:
    import flair.data

TORCH = "2.13.0"
FLAIR = "0.15.1"
#: of flair's dependencies, those whose later releases break it or change its speed
PINS = ("transformers==4.57.6", "numpy==2.4.6", "scikit-learn==1.9.1", "scipy==1.17.1")

KINDS = ("PER", "LOC", "ORG", "MISC")
#: models.byte_crf of configs/open.yaml
SETTINGS = {
    "embedding_size": 256,
    "subtoken_layers": 2,
    "subtoken_hidden": 256,
    "sentence_layers": 1,
    "sentence_hidden": 256,
    "dropout": 0.5,
}
LEARNING_RATE = 0.001
CLIP_NORM = 5.0
BATCH_SIZE = 32
#: compute.batch_tokens of the configs; flair's predict takes sentences, 32 by default
DECODING_TOKENS = 8192
DECODING_SENTENCES = 32
SYMBOLS = 256
#: parameters may differ by this share
TOLERANCE = 0.05
PRODUCT_SIZE = 2048

WORKERS = ("crosstag", "flair")


# What both halves share ---------------------------------------------------------------------------


def training_text(args: argparse.Namespace) -> list[Sentence]:
    """The training sentences: all of them, or a sample that keeps the mix of lengths."""
    sentences = _read(args.data / "esp.train", args.encoding)
    if args.full or args.sentences >= len(sentences):
        return sentences
    return random.Random(args.seed).sample(sentences, args.sentences)


def decoding_text(args: argparse.Namespace) -> list[Sentence]:
    """The development sentences from the first on: words recur as they do in running text."""
    return _read(args.data / "esp.testa", args.encoding)[: args.decode_sentences]


def _read(path: Path, encoding: str) -> list[Sentence]:
    return list(
        columns.read([path], columns=["FORM", "XPOS", NER], types=Types(KINDS), encoding=encoding)
    )


def epoch_batches(sentences: Sequence[Sentence], seed: int) -> list[list[Sentence]]:
    """The batches that our training loop draws in its first epoch."""
    import torch
    from crosstag.seeds import derived_seed

    generator = torch.Generator().manual_seed(derived_seed(seed, "order", 1))
    order = torch.randperm(len(sentences), generator=generator).tolist()
    return [
        [sentences[index] for index in order[start : start + BATCH_SIZE]]
        for start in range(0, len(order), BATCH_SIZE)
    ]


def fingerprint(batches: Sequence[Sequence[int]]) -> str:
    """Digest of the sentence lengths of every batch: equal when both halves saw the same ones."""
    return hashlib.sha256(json.dumps([list(batch) for batch in batches]).encode()).hexdigest()[:16]


def flops(batch: Sequence[Sentence], *, distinct: bool) -> float:
    """Floating-point operations of the matrix products of one forward pass.

    Args:
        batch: the sentences.
        distinct: count every distinct word once and the first layer's input product once per
            symbol of the alphabet; else every occurrence and every symbol.
    """
    occurrences = [token for sentence in batch for token in sentence.tokens]
    words = set(occurrences) if distinct else occurrences
    symbols = sum(len(word.encode()) for word in words)
    embedding, inner, outer = (
        SETTINGS[name] for name in ("embedding_size", "subtoken_hidden", "sentence_hidden")
    )
    total = 0.0
    for layer in range(SETTINGS["subtoken_layers"]):
        rows = SYMBOLS if distinct and layer == 0 else symbols
        width = 2 * inner if layer else embedding
        total += _lstm_flops(rows, width, symbols - len(words), inner)
    for layer in range(SETTINGS["sentence_layers"]):
        width = 2 * outer if layer else 2 * inner
        total += _lstm_flops(len(occurrences), width, len(occurrences) - len(batch), outer)
    return total + 2 * len(occurrences) * 2 * outer * (2 * len(KINDS) + 1)


def _lstm_flops(rows: int, width: int, steps: int, hidden: int) -> float:
    """Both directions: `rows` × `width` input products, `steps` recurrent ones, four gates."""
    return 2 * 2 * 4 * hidden * (rows * width + steps * hidden)


def prepare_process(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)


def peak_mib() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def figures(
    *,
    versions: dict[str, str],
    parameters: int,
    preparation_seconds: float,
    batches: Sequence[Sequence[Sentence]],
    seen: str,
    training_seconds: float,
    decoding: Sequence[Sentence],
    decoding_seconds: float,
    distinct: bool,
) -> dict[str, Any]:
    """What a worker reports; rates are of the timed part."""
    trained = [sentence for batch in batches for sentence in batch]
    training_flops = 3 * sum(flops(batch, distinct=distinct) for batch in batches)
    return {
        "versions": {"python": platform.python_version(), **versions},
        "parameters": parameters,
        "preparation_seconds": preparation_seconds,
        "peak_mib": peak_mib(),
        "training": {
            "batches": len(batches),
            "fingerprint": seen,
            "gflops": training_flops / training_seconds / 1e9,
            **_rates(trained, training_seconds),
        },
        "decoding": {
            "gflops": flops(decoding, distinct=distinct) / decoding_seconds / 1e9,
            **_rates(decoding, decoding_seconds),
        },
    }


def _rates(sentences: Sequence[Sentence], seconds: float) -> dict[str, float]:
    words = sum(map(len, sentences))
    return {
        "seconds": seconds,
        "sentences": len(sentences),
        "words": words,
        "sentences_per_second": len(sentences) / seconds,
        "words_per_second": words / seconds,
    }


# Ours ---------------------------------------------------------------------------------------------


def work_crosstag(args: argparse.Namespace) -> dict[str, Any]:
    """One epoch of `train` and one call of `tag`."""
    import torch
    from crosstag.taggers.subtoken_crf import ByteCRF, Example
    from crosstag.training.train import Optimisation, train

    prepare_process(args.threads)
    training, decoding = training_text(args), decoding_text(args)
    torch.manual_seed(args.seed)
    tagger = ByteCRF(SETTINGS, {"labels": ["O", *(f"{p}-{k}" for k in KINDS for p in "BI")]})
    marks: dict[str, float] = {}
    lengths: list[list[int]] = []
    encode, batches = tagger.encode, tagger.batches

    def timed_encode(sentences: Sequence[Sentence]) -> list[Example]:
        started = time.perf_counter()
        examples = encode(sentences)
        marks["preparation"] = time.perf_counter() - started
        return examples

    def timed_batches(
        examples: Sequence[Example], size: int, generator: torch.Generator
    ) -> Iterator[Sequence[Example]]:
        # The loop asks for a batch when it is done with the one before, so this sees both ends.
        yield from islice(batches(examples, size, torch.Generator()), args.warm_up)
        marks["start"] = time.perf_counter()
        for batch in batches(examples, size, generator):
            lengths.append([len(example.words) for example in batch])
            yield batch
        marks["stop"] = time.perf_counter()

    tagger.encode, tagger.batches = timed_encode, timed_batches  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        train(
            tagger,
            training,
            {"spa": decoding[:1]},  # the loop scores after an epoch; decoding is timed below
            Optimisation(
                learning_rate=LEARNING_RATE,
                batch_size=BATCH_SIZE,
                max_epochs=1,
                patience=1,
                clip_norm=CLIP_NORM,
                precision="float32",
            ),
            seed=args.seed,
            batch_tokens=DECODING_TOKENS,
            checkpoint=Path(folder) / "checkpoint.pt",
            checkpoint_seconds=float("inf"),
            identity="",
        )
    started = time.perf_counter()
    tagged = tagger.tag(decoding, batch_tokens=DECODING_TOKENS)
    decoding_seconds = time.perf_counter() - started
    assert [len(labels) for labels in tagged] == [len(sentence) for sentence in decoding]
    return figures(
        versions={"torch": torch.__version__},
        parameters=sum(p.numel() for p in tagger.parameters()),
        preparation_seconds=marks["preparation"],
        batches=epoch_batches(training, args.seed),
        seen=fingerprint(lengths),
        training_seconds=marks["stop"] - marks["start"],
        decoding=decoding,
        decoding_seconds=decoding_seconds,
        distinct=True,
    )


# flair --------------------------------------------------------------------------------------------


def work_flair(args: argparse.Namespace) -> dict[str, Any]:
    """One epoch of `ModelTrainer` and one call of `predict`."""
    import logging
    import warnings

    warnings.filterwarnings("ignore")
    import flair
    import torch
    from flair.data import Corpus, Dictionary
    from flair.datasets import FlairDatapointDataset
    from flair.embeddings import CharacterEmbeddings
    from flair.models import SequenceTagger
    from flair.trainers import ModelTrainer
    from flair.trainers.plugins import TrainerPlugin

    logging.getLogger("flair").setLevel(logging.WARNING)
    prepare_process(args.threads)

    class ByteEmbeddings(CharacterEmbeddings):
        """`CharacterEmbeddings` of our shape."""

        def __init__(self, symbols: Dictionary) -> None:
            super().__init__(symbols, SETTINGS["embedding_size"], SETTINGS["subtoken_hidden"])
            self.char_rnn = torch.nn.LSTM(
                SETTINGS["embedding_size"],
                SETTINGS["subtoken_hidden"],
                num_layers=SETTINGS["subtoken_layers"],
                bidirectional=True,
                dropout=SETTINGS["dropout"],
            )

    class Clock(TrainerPlugin):
        """When each batch was done and what was in it."""

        def __init__(self) -> None:
            super().__init__()
            self.ends: list[float] = []
            self.lengths: list[list[int]] = []

        @TrainerPlugin.hook
        def after_training_batch(self, batch: list[flair.data.Sentence], **_: Any) -> None:
            self.lengths.append([len(sentence) for sentence in batch])
            self.ends.append(time.perf_counter())

    training, decoding = training_text(args), decoding_text(args)
    batches = epoch_batches(training, args.seed)
    ordered = [sentence for batch in batches for sentence in batch]
    started = time.perf_counter()
    converted = [_flair_sentence(sentence) for sentence in ordered]
    preparation_seconds = time.perf_counter() - started
    warm_up = [_flair_sentence(s) for s in ordered[: args.warm_up * BATCH_SIZE]]

    symbols = Dictionary(add_unk=False)
    for byte in range(SYMBOLS):
        symbols.add_item(chr(byte))
    labels = Dictionary(add_unk=False)
    for kind in KINDS:
        labels.add_item(kind)
    labels.span_labels = True
    flair.set_seed(args.seed)
    tagger = SequenceTagger(
        embeddings=ByteEmbeddings(symbols),
        tag_dictionary=labels,
        tag_type="ner",
        tag_format="BIO",
        hidden_size=SETTINGS["sentence_hidden"],
        rnn_layers=SETTINGS["sentence_layers"],
        reproject_embeddings=False,
        dropout=SETTINGS["dropout"],
        word_dropout=0.0,
        locked_dropout=0.0,
    )
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        ModelTrainer(
            tagger,
            Corpus(train=FlairDatapointDataset(warm_up + converted), sample_missing_splits=False),
        ).train_custom(
            folder,
            learning_rate=LEARNING_RATE,
            mini_batch_size=BATCH_SIZE,
            max_epochs=1,
            optimizer=torch.optim.Adam,
            fused=True,
            max_grad_norm=CLIP_NORM,
            shuffle=False,  # they come in our order already
            embeddings_storage_mode="none",  # all are trained, so none may be kept
            use_final_model_for_eval=True,
            save_final_model=False,
            create_file_logs=False,
            create_loss_file=False,
            plugins=[clock],
        )
    first = len(warm_up) // BATCH_SIZE
    texts = [_flair_sentence(sentence) for sentence in decoding]
    tagger.eval()
    started = time.perf_counter()
    tagger.predict(texts, mini_batch_size=DECODING_SENTENCES, label_name="predicted")
    decoding_seconds = time.perf_counter() - started
    return figures(
        versions={"torch": torch.__version__, "flair": flair.__version__},
        parameters=sum(p.numel() for p in tagger.parameters()),
        preparation_seconds=preparation_seconds,
        batches=batches,
        seen=fingerprint(clock.lengths[first:]),
        training_seconds=clock.ends[-1] - clock.ends[first - 1],
        decoding=decoding,
        decoding_seconds=decoding_seconds,
        distinct=False,
    )


def _flair_sentence(sentence: Sentence) -> flair.data.Sentence:
    """The sentence with a character for every byte, and its entities as spans."""
    from flair.data import Sentence as FlairSentence

    result = FlairSentence([token.encode().decode("latin-1") for token in sentence.tokens])
    if len(result) != len(sentence):  # the rates would be of different text
        raise ValueError(f"flair made {len(result)} tokens of {sentence.tokens}")
    begin = kind = None
    for position, tag in enumerate([*sentence.columns[NER], "O"]):
        if begin is not None and not tag.startswith("I-"):
            result[begin:position].add_label("ner", kind)
            begin = None
        if tag.startswith("B-"):
            begin, kind = position, tag[2:]
    return result


# The machine --------------------------------------------------------------------------------------


def work_machine(args: argparse.Namespace) -> dict[str, Any]:
    """The rate of a plain fp32 matrix product."""
    import torch

    prepare_process(args.threads)
    torch.manual_seed(0)
    left, right = (torch.randn(PRODUCT_SIZE, PRODUCT_SIZE) for _ in range(2))
    product = torch.empty_like(left)
    seconds = []
    for _ in range(12):
        started = time.perf_counter()
        torch.mm(left, right, out=product)
        seconds.append(time.perf_counter() - started)
    return {"gflops": 2 * PRODUCT_SIZE**3 / statistics.median(seconds[2:]) / 1e9}


# The parent ---------------------------------------------------------------------------------------


def flair_python(folder: Path) -> Path:
    """The Python of flair's environment, which is made if it is not there."""
    python = folder / "bin" / "python"
    torch = f"torch=={TORCH}"
    wanted = {"flair": FLAIR, "torch": TORCH}
    if python.exists() and _installed(python, wanted) == wanted:
        return python
    if folder.exists() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").exists():
        raise SystemExit(f"error: {folder} holds something else; give --flair-env another folder")
    _say(f"making flair's environment in {folder}, some minutes")
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


def run_worker(name: str, python: Path, args: argparse.Namespace) -> dict[str, Any]:
    """What a worker process reports.

    Raises:
        SystemExit: if it fails, with the end of its error output.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [python, __file__, "--worker", name, "--output", report]
        for option in ("data", "encoding", "sentences", "decode_sentences", "warm_up"):
            command += [f"--{option.replace('_', '-')}", getattr(args, option)]
        command += ["--threads", args.threads, "--seed", args.seed]
        command += ["--full"] if args.full else []
        threads = str(args.threads)
        environment = os.environ | {
            "CUDA_VISIBLE_DEVICES": "",
            "OMP_NUM_THREADS": threads,
            "MKL_NUM_THREADS": threads,
            # flair asks its model hub nothing and leaves nothing in the home folder.
            "FLAIR_DEVICE": "cpu",
            "FLAIR_CACHE_ROOT": folder,
            "HF_HUB_OFFLINE": "1",
        }
        started = time.monotonic()
        done = subprocess.run(
            [str(word) for word in command], env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(f"error: the {name} worker failed:\n{done.stderr[-4000:]}")
        _say(f"{name}: {time.monotonic() - started:.0f} s")
        return json.loads(report.read_text())


def check_alike(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Stop if the two halves are not of one shape or did not see the same batches.

    Raises:
        SystemExit: with what differs.
    """
    counts = ours["parameters"], theirs["parameters"]
    difference = counts[1] / counts[0] - 1
    _say(f"parameters: crosstag {counts[0]:,}, flair {counts[1]:,} ({difference:+.2%})")
    if abs(difference) > TOLERANCE:
        raise SystemExit(f"error: parameters differ by more than {TOLERANCE:.0%}")
    if ours["training"]["fingerprint"] != theirs["training"]["fingerprint"]:
        raise SystemExit("error: the two halves trained on different batches")
    if ours["versions"]["torch"] != theirs["versions"]["torch"]:
        versions = ours["versions"]["torch"], theirs["versions"]["torch"]
        _say(f"note: different builds of torch: {versions[0]} and {versions[1]}")


def summarise(runs: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Medians over the repeats, and ours by flair's."""
    machine = statistics.median(run["gflops"] for run in runs["machine"])
    measures: dict[str, Callable[[dict[str, Any]], float]] = {
        "training_words_per_second": lambda r: r["training"]["words_per_second"],
        "training_sentences_per_second": lambda r: r["training"]["sentences_per_second"],
        "decoding_sentences_per_second": lambda r: r["decoding"]["sentences_per_second"],
        "peak_mib": lambda r: r["peak_mib"],
        "parameters": lambda r: r["parameters"],
        "training_gflops": lambda r: r["training"]["gflops"],
        "decoding_gflops": lambda r: r["decoding"]["gflops"],
    }
    medians = {
        worker: {name: statistics.median(map(get, runs[worker])) for name, get in measures.items()}
        for worker in WORKERS
    }
    for values in medians.values():
        for stage in ("training", "decoding"):
            values[f"{stage}_share_of_machine"] = values[f"{stage}_gflops"] / machine
    ratios = {name: medians["crosstag"][name] / medians["flair"][name] for name in measures}
    spread = {
        worker: {
            name: [min(map(get, runs[worker])), max(map(get, runs[worker]))]
            for name, get in measures.items()
        }
        for worker in WORKERS
    }
    return {"machine_gflops": machine, "median": medians, "ratio": ratios, "range": spread}


def table(summary: dict[str, Any], args: argparse.Namespace, first: dict[str, Any]) -> str:
    training, decoding = first["training"], first["decoding"]
    rows = (
        ("training, words/s", "training_words_per_second", "{:,.0f}"),
        ("training, sentences/s", "training_sentences_per_second", "{:,.1f}"),
        ("decoding, sentences/s", "decoding_sentences_per_second", "{:,.1f}"),
        ("peak memory, MiB", "peak_mib", "{:,.0f}"),
        ("parameters", "parameters", "{:,.0f}"),
        ("training, GFLOP/s executed", "training_gflops", "{:,.1f}"),
        ("… share of the machine's rate", "training_share_of_machine", "{:.0%}"),
        ("decoding, GFLOP/s executed", "decoding_gflops", "{:,.1f}"),
        ("… share of the machine's rate", "decoding_share_of_machine", "{:.0%}"),
    )
    lines = [
        f"Training: {training['sentences']:,} sentences, {training['words']:,} words in "
        f"{training['batches']} batches. Decoding: {decoding['sentences']:,} sentences.",
        f"{args.threads} threads, median of {args.repeats}; the machine multiplies fp32 matrices "
        f"at {summary['machine_gflops']:.0f} GFLOP/s.",
        "",
        "| | crosstag | flair | ratio |",
        "|---|---|---|---|",
    ]
    for label, name, style in rows:
        values = [style.format(summary["median"][worker][name]) for worker in WORKERS]
        ratio = f"{summary['ratio'][name]:.2f}" if name in summary["ratio"] else ""
        lines.append(f"| {label} | {values[0]} | {values[1]} | {ratio} |")
    return "\n".join(lines)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    parser = argparse.ArgumentParser(
        description="byte_crf beside flair's tagger of the same shape: speed and memory.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder with esp.train and esp.testa")
    add("--encoding", default="utf-8", choices=["utf-8", "latin-1"], help="of these files")
    add("--sentences", type=int, default=640, help="training sentences, a sample")
    add("--full", action="store_true", help="train the whole epoch")
    add("--decode-sentences", type=int, default=1915, help="development sentences, from the first")
    add("--repeats", type=int, default=3, help="times that each half runs, in turn")
    add("--warm-up", type=int, default=3, help="batches trained before the clock starts")
    add("--threads", type=int, default=2, help="of torch, in both halves")
    add("--seed", type=int, default=1, help="of the sample, the order and the weights")
    folder = cache / "crosstag" / f"flair-{FLAIR}"
    add("--flair-env", type=Path, default=folder, help="flair's environment, made if missing")
    add("--output", type=Path, help="file for all figures, JSON")
    add("--worker", choices=[*WORKERS, "machine"], help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    for name in ("sentences", "decode_sentences", "repeats", "warm_up", "threads"):
        if getattr(args, name) < 1:
            parser.error(f"--{name.replace('_', '-')} must be at least 1")
    if not args.worker and args.sentences < args.warm_up * BATCH_SIZE:
        parser.error(f"--sentences must be at least {args.warm_up * BATCH_SIZE}, for the warm-up")
    for name in ("esp.train", "esp.testa"):
        if not (args.data / name).is_file():
            parser.error(f"no file {args.data / name}")
    args.data = args.data.resolve()
    return args


def main() -> None:
    args = parse()
    if args.worker:
        work = {"crosstag": work_crosstag, "flair": work_flair, "machine": work_machine}
        args.output.write_text(json.dumps(work[args.worker](args)))
        return
    try:
        for read in (training_text, decoding_text):
            read(args)
    except InputError as error:
        raise SystemExit(f"error: {error}") from None
    load = os.getloadavg()[0]
    if load > (os.cpu_count() or 1) - args.threads + 0.5:
        # Threads that wait for one another lose far more than the share that the others take.
        _say(f"warning: the machine is busy (load {load:.1f}); these figures will be worthless")
    pythons = {"flair": flair_python(args.flair_env.resolve()), "crosstag": Path(sys.executable)}
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in ("machine", *WORKERS)}
    for repeat in range(args.repeats):
        for name in runs:
            runs[name].append(run_worker(name, pythons.get(name, Path(sys.executable)), args))
        if repeat == 0:
            check_alike(runs["crosstag"][0], runs["flair"][0])
    summary = summarise(runs)
    print(table(summary, args, runs["crosstag"][0]))
    if args.output:
        settings = {n: v for n, v in vars(args).items() if isinstance(v, int | str)}
        result = {
            "settings": settings,
            "cores": os.cpu_count(),
            "load_before": load,
            "summary": summary,
            "runs": runs,
        }
        args.output.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
