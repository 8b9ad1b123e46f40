"""Taggers by their key in the config. A new tagger is a new file and a line here."""

TAGGERS: dict[str, str] = {
    "char_crf": "crosstag.taggers.subtoken_crf:CharacterCRF",
    "byte_crf": "crosstag.taggers.subtoken_crf:ByteCRF",
}
