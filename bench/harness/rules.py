"""Rules for the targets that price them: every kind of condition in turn, of which none holds for the loads, so that each
is asked. Beside them, facts and prices of the targets, and models by name."""

CONDITIONS = (
    lambda n: {"header": {f"x-team-{n % 7}": "lab*"}},
    lambda n: {"model": f"other-{n}-*"},
    lambda n: {"hours": "19:00-07:00", "days": ["mon", "sun"], "timezone": "Asia/Tokyo", "tenant": f"night-{n}"},
    lambda n: {"role": f"intern-{n}"},
    lambda n: {"user": f"ann{n}*", "endpoint": "responses"},
    lambda n: {"key": {"team": f"blue-{n}"}},
    lambda n: {"budget_left_below": "20%"},
    lambda n: {"cost_above": 500, "input_tokens_above": 5000},
    lambda n: {"needs": "images", "model": "mock:*"},
    lambda n: {"percent": 0.0001, "model": f"mock-{n}:*"},
)


def routes(count):
    return [{"name": f"r{n}", "when": CONDITIONS[n % len(CONDITIONS)](n), "use": ["mock/never"]} for n in range(count)]


def models(count):
    return {f"model-{n}": {"targets": [f"mock/m{n}", "native/m"]} for n in range(count)}


def add(config, rules, named):
    config["routes"] = routes(rules)
    config["models"] = {**models(named), **config["models"]}
    config["targets"] = {"mock/*": {"accuracy": 60, "weight": 2, "context_window": 1000000, "tools": True}}
    config["prices"] = {"mock/*": {"input": 1, "output": 2}}
    return config
