"""Raw formats by their key in the config. A new format is a new file and a line here."""

READERS: dict[str, str] = {
    "columns": "crosstag.corpora.columns:read",
}
