"""The half of `training_speed.py` that is flair's; only flair's environment can run it."""

from __future__ import annotations

import argparse
import tempfile
import time
from typing import TYPE_CHECKING, Any

from conll2002 import KINDS
from crosstag.corpora.sentence import NER, Sentence
from training_worker import (
    BATCH_SIZE,
    CLIP_NORM,
    DECODING_SENTENCES,
    LEARNING_RATE,
    SETTINGS,
    SYMBOLS,
    decoding_text,
    epoch_batches,
    figures,
    fingerprint,
    prepare_process,
    training_text,
)

if TYPE_CHECKING:
    import flair.data


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
