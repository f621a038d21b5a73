"""Whether an engine is installed on this machine, for tests that are of no use without it."""

from sheetsim.engines import Engine, choose

_KNOWN: dict[str, bool] = {}  # LibreOffice takes a second to say so


def installed(engine: Engine) -> bool:
    if engine.name not in _KNOWN:
        _KNOWN[engine.name] = bool(choose(None, {engine.name: engine}).engines)
    return _KNOWN[engine.name]
