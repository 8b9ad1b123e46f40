"""Encoders by their kind in the config."""

#: kind → `load(name, *, device, …) -> Encoder`
ENCODERS: dict[str, str] = {
    "hugging_face": "crosstag.encoders.hugging_face:load",
    "static_vectors": "crosstag.encoders.static_encoder:load",
}
