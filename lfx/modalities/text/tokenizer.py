"""Texts to token ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from lfx.runtime.errors import WeightsError, in_one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Their ids are their places.
_SPECIAL = (_PADDING, _START, _END) = ("<pad>", "<s>", "</s>")


class Tokenized(NamedTuple):
    """Texts as token ids.

    Attributes:
        ids: the token ids of each text, at least one each.
        shortened: how many texts were longer than the longest that is read.
    """

    ids: list[list[int]]
    shortened: int


class TextTokenizer:
    """Cuts texts into tokens.

    Args:
        state: the tokenizer as JSON, as the library `tokenizers` writes it.
        padding: id of the padding token.
        max_length: longest text in tokens; what goes beyond is cut off.
    """

    def __init__(self, state: str, padding: int, max_length: int) -> None:
        try:
            self._tokenizer = Tokenizer.from_str(state)
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(max_length)
            self._tokenizer.encode_batch(["", "a"])
        except BaseException as error:  # its Rust code panics with an error of no other class
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            raise WeightsError(f"the tokenizer cannot be used: {in_one_line(error)}") from error
        self.padding = padding
        self.max_length = max_length

    @property
    def state(self) -> str:
        """The tokenizer as JSON."""
        return str(self._tokenizer.to_str())

    @property
    def vocabulary(self) -> int:
        """How many tokens there are."""
        return int(self._tokenizer.get_vocab_size())

    @property
    def largest(self) -> int:
        """The largest id that a token can have, among those of its frame and of padding too."""
        framed = self([""])[0] if self.vocabulary else []
        ids = self._tokenizer.get_vocab(with_added_tokens=True).values()
        return max((self.padding, *framed, *ids))

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text, at least one each."""
        return self.tokenize(texts).ids

    def tokenize(self, texts: Sequence[str]) -> Tokenized:
        """Return the token ids of each text, and how many texts were too long."""
        encodings = self._tokenizer.encode_batch(list(texts))
        # Some tokenizers frame a text with nothing; an empty text would then have no token.
        ids = [encoding.ids or [self.padding] for encoding in encodings]
        return Tokenized(ids, sum(bool(encoding.overflowing) for encoding in encodings))


def train_tokenizer(texts: Sequence[str], vocabulary: int, max_length: int) -> TextTokenizer:
    """Train a byte-level BPE tokenizer (as RoBERTa's, the paper, section IV.B) on some texts.

    Args:
        texts: of the train split only.
        vocabulary: most tokens; few texts may give fewer.
        max_length: longest text in tokens.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(_SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{_START} $A {_END}",
        special_tokens=[(token, index) for index, token in enumerate(_SPECIAL)],
    )
    return TextTokenizer(tokenizer.to_str(), _SPECIAL.index(_PADDING), max_length)


def load_tokenizer(folder: Path, max_length: int) -> TextTokenizer:
    """Load the tokenizer that a folder of pretrained weights brings.

    Raises:
        WeightsError: the folder brings none, or one without a fast form.
    """
    from transformers import AutoTokenizer

    try:
        loaded = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # each way of being damaged has its own
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsError(f"{folder} has no tokenizer that can be loaded: {reason}") from error
    backend = getattr(loaded, "backend_tokenizer", None)
    if backend is None or loaded.pad_token_id is None:
        raise WeightsError(f"{folder}: its tokenizer has no fast form or no padding token")
    return TextTokenizer(backend.to_str(), loaded.pad_token_id, max_length)
