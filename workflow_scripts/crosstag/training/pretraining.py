"""Masked-LM pretraining of a small multilingual BERT, resumable to the same bits.

Lample and Conneau 2019 as Wu et al. 2020 (section 3.1) use it: continuous streams of subwords, each
part of a batch from one language. Whatever a step draws (languages, masks, dropout) comes from the
seed and the step's number, so that a training that goes on from a checkpoint is the training that
was never stopped.
"""

from __future__ import annotations

import json
import logging
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import torch
from torch import Generator, Tensor

from crosstag import checkpoints, files
from crosstag.adam import Adam
from crosstag.compute import set_up
from crosstag.errors import InputError
from crosstag.progress import reporter
from crosstag.seeds import derived_seed
from crosstag.subwords import tokenizer
from crosstag.training import masked_lm
from crosstag.training.masking import Masked, Masking
from crosstag.training.streams import Stream

if TYPE_CHECKING:
    from transformers import BertForMaskedLM

#: Adam's, as in XLM's published commands; Wu et al. are silent
EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Settings:
    """How an encoder is built and pretrained (config `encoders.*.pretraining`).

    Attributes:
        layers, hidden_size, heads, intermediate_size: of the Transformer.
        dropout: of vectors and of attention.
        residual_scale: see `masked_lm.build`.
        sequence_length: subwords a sequence, special ones among them. The encoder has as many
            positions and no more: it would not have learned the others.
        batch_sequences: sequences a step.
        batch_parts: into so many equal parts a step's sequences fall, each of one language that is
            drawn for it: the papers' GPUs, each with a batch of its own.
        steps: in all.
        learning_rate: the highest.
        warmup_steps: in which it rises to that, linearly.
        schedule: how it falls then: by `inverse_square_root` of the step, or `linear`ly to 0.
        weight_decay: of all weights a step, times the learning rate (decoupled).
        clip_norm: gradients are scaled down to this norm.
        mask_probability: that a subword is to be restored.
        masked_share, random_share: of those, how many are seen as the mask and as a random subword.
        sampling_exponent: a language's probability goes with its number of lines to this power.
        evaluate_every: steps between two measurements of the held-out perplexity.
        held_out_sequences: for it, at most so many a language.
        chosen_by: the language whose held-out perplexity chooses the weights to keep; None: the
            mean of the logarithm over all.
        precision: `float32`, or `bfloat16` for matrix products.
        seed: of all that is random.
    """

    layers: int
    hidden_size: int
    heads: int
    intermediate_size: int
    dropout: float
    residual_scale: float
    sequence_length: int
    batch_sequences: int
    batch_parts: int
    steps: int
    learning_rate: float
    warmup_steps: int
    schedule: Literal["inverse_square_root", "linear"]
    weight_decay: float
    clip_norm: float
    mask_probability: float
    masked_share: float
    random_share: float
    sampling_exponent: float
    evaluate_every: int
    held_out_sequences: int
    chosen_by: str | None
    precision: Literal["float32", "bfloat16"]
    seed: int

    def __post_init__(self) -> None:
        if self.batch_sequences % self.batch_parts:
            raise ValueError(
                f"batch_parts: found {self.batch_parts}, expected a divisor of batch_sequences, "
                f"{self.batch_sequences}"
            )

    def learning_rate_at(self, step: int) -> float:
        """The learning rate of a step, counted from 1."""
        if step < self.warmup_steps:
            return self.learning_rate * step / self.warmup_steps
        if self.schedule == "linear":
            left = (self.steps + 1 - step) / (self.steps + 1 - self.warmup_steps)
            return self.learning_rate * left
        return self.learning_rate * math.sqrt(max(self.warmup_steps, 1) / step)


class Text(NamedTuple):
    """Files of one language: to learn from, and held out."""

    train: Sequence[Path]
    held_out: Sequence[Path]


@dataclass(slots=True)
class State:
    """Where a training stands after a step; all that a checkpoint holds."""

    model: dict[str, Tensor] = field(default_factory=dict)
    optimiser: dict[str, Tensor] = field(default_factory=dict)
    step: int = 0
    #: how often each language was drawn, so how far in its stream the training is
    visits: list[int] = field(default_factory=list)
    #: summed loss and masked subwords since the last row of the history. shape: [2]
    total: Tensor = field(default_factory=lambda: torch.zeros(2, dtype=torch.float64))
    best_model: dict[str, Tensor] = field(default_factory=dict)
    best_step: int = 0
    best: float = math.inf
    history: list[dict[str, float]] = field(default_factory=list)


def pretrain(
    settings: Settings,
    vocabulary: Path,
    texts: Mapping[str, Text],
    folder: Path,
    *,
    code: str,
    checkpoint: Path,
    checkpoint_seconds: float,
    device: str,
    threads: int,
    log: logging.Logger,
) -> State:
    """Pretrain an encoder and save the weights with the best held-out perplexity in `folder`.

    Goes on from the checkpoint where there is one of the same settings, texts and code; the caller
    removes it once all results are written.

    Args:
        vocabulary: folder of a vocabulary with a mask (`subwords.tokenizer.load`).
        texts: by language.
        folder: for the encoder, in Hugging Face's format, with its tokenizer.
        code: digest of the code.
        checkpoint: file, rewritten at most every `checkpoint_seconds`; TensorBoard's events and
            the encoded text lie beside it.

    Returns:
        The state after the last step, with the history: a row an evaluation, of `step`,
        `learning_rate`, `loss` (mean cross-entropy of masked subwords since the last row, in nats),
        `perplexity` (held-out, geometric mean over languages) and `perplexity_{language}`.

    Raises:
        InputError: for a vocabulary without a mask, a text too short for one sequence, or
            `chosen_by` a language without text.
        ValueError: if `batch_parts` does not divide `batch_sequences`.
        FloatingPointError: if the loss is not finite.
    """
    device = set_up(device, threads)
    loaded = tokenizer.load(vocabulary)
    if loaded.special.mask is None:
        raise InputError(f"{vocabulary}: found no mask token, expected a vocabulary with one")
    if settings.chosen_by not in (None, *texts):
        raise InputError(
            f"chosen_by: found {settings.chosen_by}, expected one of {', '.join(texts)}"
        )

    def streams(part: str) -> dict[str, Stream]:
        return {
            language: Stream(
                getattr(text, part),
                loaded,
                settings.sequence_length,
                scratch=checkpoint.parent,
                seed=derived_seed(settings.seed, "order", language),
            )
            for language, text in texts.items()
        }

    training, held_out = streams("train"), streams("held_out")
    masking = Masking(
        loaded.special,
        loaded.size,
        settings.mask_probability,
        settings.masked_share,
        settings.random_share,
    )
    torch.manual_seed(derived_seed(settings.seed, "initialisation"))
    model = masked_lm.build(
        loaded,
        layers=settings.layers,
        hidden_size=settings.hidden_size,
        heads=settings.heads,
        intermediate_size=settings.intermediate_size,
        positions=settings.sequence_length,
        dropout=settings.dropout,
        residual_scale=settings.residual_scale,
    ).to(device)
    log.info(
        "%s: %d parameters, %d languages, %d subwords",
        *(device, sum(p.numel() for p in model.parameters()), len(training)),
        sum(len(stream.tokens) for stream in training.values()),
    )
    with reporter(checkpoint, log, "step") as report:
        state = train(
            model,
            training,
            held_out,
            masking,
            settings,
            checkpoint=checkpoint,
            checkpoint_seconds=checkpoint_seconds,
            identity=_identity(settings, loaded.digest, texts, code),
            report=report,
        )
    _set(model, state.best_model)
    masked_lm.save(model, vocabulary, folder)
    return state


def train(
    model: BertForMaskedLM,
    training: Mapping[str, Stream],
    held_out: Mapping[str, Stream],
    masking: Masking,
    settings: Settings,
    *,
    checkpoint: Path,
    checkpoint_seconds: float,
    identity: str,
    report: Callable[[Mapping[str, float], str], None] = lambda row, line: None,
) -> State:
    """The steps of `pretrain`; leaves the model with the last step's weights."""
    device = model.device
    optimiser = Adam(model.named_parameters(), settings.learning_rate, epsilon=EPSILON)
    state = checkpoints.load(checkpoint, identity, State) or State(visits=[0] * len(training))
    if state.step:
        _set(model, state.model)
        optimiser.load(state.optimiser)
        report({}, f"goes on after step {state.step}, from its checkpoint")
    state.total = state.total.to(device)
    streams = list(training.values())
    weights = _sampling_weights(training, settings)
    fixed = _held_out_batches(held_out, masking, settings)
    size = settings.batch_sequences // settings.batch_parts
    saved_at = clock = time.monotonic()
    since = state.step
    while state.step < settings.steps:
        state.step += 1
        parts = []
        for chosen in _languages(weights, state.step, settings):
            parts.append(streams[chosen].take(state.visits[chosen] * size, size))
            state.visits[chosen] += 1
        batch = masking(torch.cat(parts), _generator(settings.seed, "masks", state.step))
        state.total += _update(model, optimiser, batch.to(device), state.step, settings)
        if state.step % settings.evaluate_every == 0 or state.step == settings.steps:
            seconds = time.monotonic() - clock
            row = _evaluate(model, fixed, state, settings)
            state.history.append(row)
            done = state.step - since
            speed = done * settings.batch_sequences * settings.sequence_length / seconds
            report(
                row,
                f"step {state.step}  loss {row['loss']:.4f}  "
                f"held-out perplexity {row['perplexity']:.2f} "
                f"(best by step {state.best_step})  {speed:.0f} subwords/s  "
                f"{(settings.steps - state.step) * seconds / done:.0f} s left",
            )
            clock, since = time.monotonic(), state.step
        if time.monotonic() - saved_at >= checkpoint_seconds:
            state.model = checkpoints.copied(dict(model.named_parameters()))
            state.optimiser = checkpoints.copied(optimiser.state)
            checkpoints.save(checkpoint, identity, state)
            saved_at = time.monotonic()
    return state


def _update(
    model: BertForMaskedLM, optimiser: Adam, batch: Masked, step: int, settings: Settings
) -> Tensor:
    """Learn from a batch; its summed loss and its number of masked subwords. shape: [2]"""
    torch.manual_seed(derived_seed(settings.seed, "dropout", step))
    model.train()
    summed = _loss(model, batch, settings)
    optimiser.zero_grad()
    (summed / max(1, len(batch.targets))).backward()
    parameters = list(model.parameters())
    torch.nn.utils.clip_grad_norm_(parameters, settings.clip_norm)
    optimiser.learning_rate = settings.learning_rate_at(step)
    with torch.no_grad():
        kept = 1 - optimiser.learning_rate * settings.weight_decay
        torch._foreach_mul_(parameters, kept)
    optimiser.step()
    summed = summed.detach().double()
    return torch.stack([summed, summed.new_tensor(len(batch.targets))])


def _evaluate(
    model: BertForMaskedLM,
    held_out: Mapping[str, Sequence[Masked]],
    state: State,
    settings: Settings,
) -> dict[str, float]:
    """A row of the history; keeps the weights in the state if they are the best so far."""
    mean_loss = (state.total[0] / state.total[1].clamp(min=1)).item()
    state.total.zero_()
    losses = {
        language: _held_out_loss(model, batches, settings) for language, batches in held_out.items()
    }
    if not all(map(math.isfinite, (mean_loss, *losses.values()))):
        raise FloatingPointError(f"step {state.step}: the loss is {mean_loss}, held-out {losses}")
    row = {
        "step": float(state.step),
        "learning_rate": settings.learning_rate_at(state.step),
        "loss": mean_loss,
        "perplexity": math.exp(statistics.fmean(losses.values())),
        **{f"perplexity_{language}": math.exp(value) for language, value in losses.items()},
    }
    score = row[f"perplexity_{settings.chosen_by}" if settings.chosen_by else "perplexity"]
    if score < state.best:
        state.best, state.best_step = score, state.step
        state.best_model = checkpoints.copied(dict(model.named_parameters()))
    return row


def _sampling_weights(training: Mapping[str, Stream], settings: Settings) -> Tensor:
    """How often each language is drawn, in proportion. shape: [languages]"""
    counts = torch.tensor([stream.lines for stream in training.values()], dtype=torch.float64)
    return (counts / counts.sum()) ** settings.sampling_exponent


def _languages(weights: Tensor, step: int, settings: Settings) -> list[int]:
    """The number of the language of each part of a step's batch."""
    generator = _generator(settings.seed, "languages", step)
    drawn = torch.multinomial(weights, settings.batch_parts, replacement=True, generator=generator)
    return drawn.tolist()


def _held_out_batches(
    held_out: Mapping[str, Stream], masking: Masking, settings: Settings
) -> dict[str, list[Masked]]:
    """The held-out sequences by language, masked once and for all."""
    batches = {}
    for language, stream in held_out.items():
        generator = _generator(settings.seed, "held out", language)
        rows = stream.in_order(settings.held_out_sequences).split(settings.batch_sequences)
        batches[language] = [masking(ids, generator) for ids in rows]
    return batches


@torch.no_grad()
def _held_out_loss(model: BertForMaskedLM, batches: Sequence[Masked], settings: Settings) -> float:
    """Mean cross-entropy of the masked subwords, in nats."""
    model.eval()
    summed = sum(_loss(model, batch.to(model.device), settings).item() for batch in batches)
    return summed / max(1, sum(len(batch.targets) for batch in batches))


def _loss(model: BertForMaskedLM, batch: Masked, settings: Settings) -> Tensor:
    half = settings.precision == "bfloat16"
    with torch.autocast(model.device.type, torch.bfloat16, enabled=half):
        return masked_lm.loss(model, batch)


def _generator(seed: int, *purpose: object) -> Generator:
    return Generator().manual_seed(derived_seed(seed, *purpose))


# Checkpoints ----------------------------------------------------------------------------------


def _identity(settings: Settings, vocabulary: str, texts: Mapping[str, Text], code: str) -> str:
    """Digest of everything that decides the result."""
    import transformers

    contents = {
        language: [[files.sha256(path) for path in part] for part in text]
        for language, text in texts.items()
    }
    versions = [torch.__version__, transformers.__version__]
    fields = [asdict(settings), vocabulary, list(contents.items()), code, versions]
    return sha256(json.dumps(fields).encode()).hexdigest()


@torch.no_grad()
def _set(model: BertForMaskedLM, weights: Mapping[str, Tensor]) -> None:
    for name, parameter in model.named_parameters():
        parameter.copy_(weights[name])
