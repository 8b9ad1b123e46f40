"""From a key in a registry to the object it names, imported only when it is wanted.

A registry is a dictionary from config key to `module:name`, in a file `registry.py` of its room.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any


def load(registry: Mapping[str, str], key: str) -> Any:
    """The object that `key` names.

    Raises:
        KeyError: if the registry has no such key (the config has checked it before).
    """
    module, _, name = registry[key].partition(":")
    return getattr(importlib.import_module(module), name)
