"""What the command line says of the optimizers, which are imported when it is asked for."""


def optimizer_names() -> tuple[str, ...]:
    """Those that train and race, in the order of their sheets."""
    from sheetsim.learn.rules import RULES

    return tuple(RULES)


def having(name: str) -> str:
    """Which optimizers have a parameter, and its default or defaults: for the help."""
    from sheetsim.learn.rules import RULES

    defaults = {rule.name: rule.hyper[name] for rule in RULES.values() if name in rule.hyper}
    *others, last = defaults
    names = f"{', '.join(others)} and {last}" if others else last
    values = " or ".join(f"{value:g}" for value in dict.fromkeys(defaults.values()))
    return f"of {names} [{values}]"
