"""seqeval without scikit-learn.

seqeval imports scikit-learn for one class, the category of a warning, and that import takes
longer than scoring a corpus. A stand-in is there while seqeval is imported, and only then.
"""

from __future__ import annotations

import sys
from types import ModuleType

if "sklearn" in sys.modules:
    from seqeval.metrics.sequence_labeling import precision_recall_fscore_support
else:
    _package, _exceptions = ModuleType("sklearn"), ModuleType("sklearn.exceptions")
    _exceptions.UndefinedMetricWarning = type("UndefinedMetricWarning", (UserWarning,), {})  # type: ignore[attr-defined]
    sys.modules |= {"sklearn": _package, "sklearn.exceptions": _exceptions}
    try:
        from seqeval.metrics.sequence_labeling import precision_recall_fscore_support
    finally:
        del sys.modules["sklearn"], sys.modules["sklearn.exceptions"]

__all__ = ["precision_recall_fscore_support"]
