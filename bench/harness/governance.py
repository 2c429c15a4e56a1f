"""Limits, budgets, prices, audit and redaction for the targets that price them: all of them on, none of them reached."""


def terms():
    return {"budget": {"daily": 500000, "monthly": 5000000, "soft_monthly": 4000000},
            "limits": {"rpm": 10**9, "tpm": 10**12, "concurrent": 100000}}


def add(config):
    config["prices"] = {f"{name}/*": {"input": 1, "cached_input": 0.1, "output": 2}
                        for name in ("mock", "native", "ollama", "messages")}
    config["tenants"] = {"default": {**terms(), "endpoints": ["responses", "chat_completions", "messages"],
                                     "addresses": ["127.0.0.0/8"],
                                     "redact": {"kinds": ["email", "card", "phone", "secrets"]}}}
    config.setdefault("auth", {})["audit_requests"] = True
    return config


def less(config):
    """Nothing of it: what a plain request costs."""
    config.setdefault("auth", {})["audit_requests"] = False
    return config
