"""Who may include whom. The table is the architecture; ARCHITECTURE.md says why."""

import re

SERVICES = ["gateway", "auth-service", "router-service", "provider-service"]

# What each top-level folder may include of ours. Contracts are "wayleave/…", generated from proto/.
MAY_INCLUDE = {
    "base": ["base"],
    "proto": ["base", "proto", "wayleave"],
    **{service: [service, "base", "proto", "wayleave"] for service in SERVICES},
    "deploy": ["deploy", "base", "proto", "wayleave", *SERVICES],
    "bench": ["bench", "base", "proto", "wayleave", "router-service", "auth-service"],  # bench/decide, bench/audit
    "docs": ["wayleave"],  # examples: programs of other people
    "tests": None,  # everything
}
OURS = {"base", "bench", "deploy", "docs", "proto", "tests", "wayleave", *SERVICES}

# The only places that know a library.
ONLY_IN = [
    (re.compile(r"grpc(pp|\+\+)?/"), ["base/rpc/", "docs/examples/", "tests/"], "gRPC"),
    (re.compile(r"sqlite3\.h|libpq"), ["auth-service/", "tests/"], "a database"),
    (re.compile(r"yaml-cpp/"), ["base/config/", "tests/"], "yaml-cpp"),
    (re.compile(r"absl/"), ["base/time/zone.cc"], "Abseil"),
]

# Files that decide or translate and do no I/O. They must not see the network, not even through another header.
PURE = re.compile(
    r"provider-service/(adapters|dialect)/"
    r"|router-service/(rules/|conditions/|strategies/"
    r"|(automatic|catalogue|config\w*|decide|fitness|glob|moment|offers|permission|policy\w*|prices|refusal|snapshot)\.)"
    r"|auth-service/identity/(algorithm|base64url|certificates|jwks|key|key_table|public_key|standing|strict_json|terms|token)\."
    r"|auth-service/ledger/|auth-service/admin/(caller|desk)\."
    r"|auth-service/audit/(chain|chain_check|checkpoint|framing|holes|problem|record|verify)\."
    r"|gateway/(cost|credentials|dispatch|envelope|errors|explain_(answer|request)|orders|pick|route_(facts|header))\."
    r"|gateway/limits/(bound|limit_headers|policy_check)\.|gateway/redaction/"
    r"|gateway/inference_(errors|events|input|request|vectors)\.")
NETWORK = re.compile(
    r"boost/(asio|beast)(?!/core/string\.hpp)|base/net/(?!network\.h|peer_certificate\.h)|base/http/(client|server|connection|socket_io)"
    r"|base/rpc/(?!context\.h)|grpc|sys/socket\.h|netinet/|arpa/|openssl/ssl\.h")

# Headers that the build makes.
GENERATED = re.compile(r"wayleave/.*\.pb\.h|base/version\.h|base/rpc/details\.pb\.h")


def top(name):
    return name.split("/", 1)[0]


def check(tree):
    """Problems as "file:line: what is wrong"."""
    problems = []
    for name, includes in tree.code.items():
        for line, target, quoted in includes:
            problem = _direct(tree, name, target, quoted)
            if problem:
                problems.append(f"{name}:{line}: {problem}")
        if PURE.match(name):
            problems += _impure(tree, name)
    return problems


def _direct(tree, name, target, quoted):
    if quoted and not GENERATED.fullmatch(target) and target not in tree.code:
        return f'"{target}" is no header of ours; includes are written from the root'
    allowed = MAY_INCLUDE.get(top(name), [])
    if top(target) in OURS and allowed is not None and top(target) not in allowed:
        return f"{top(name)} must not include {target}"
    for pattern, places, what in ONLY_IN:
        if pattern.match(target) and not name.startswith(tuple(places)):
            return f"{target}: only {places[0]} knows {what}"
    return None


def _impure(tree, name):
    """Each network header that a pure file reaches, with the way there."""
    problems, seen, pending = [], {name}, [(name, [name])]
    while pending:
        current, way = pending.pop()
        for line, target, _ in tree.code[current]:
            if NETWORK.match(target):
                chain = " -> ".join(way[1:] + [target])
                first = line if current == name else next(
                    number for number, header, _ in tree.code[name] if header == way[1])
                problems.append(f"{name}:{first}: decides, so it must not see the network: {chain}")
            elif target in tree.code and target not in seen:
                seen.add(target)
                pending.append((target, way + [target]))
    return problems


LIBRARY = re.compile(r"\bwayleave_(gateway|auth|router|provider|dialect|deploy)\w*")
OWNER = {"gateway": "gateway", "auth": "auth-service", "router": "router-service", "provider": "provider-service",
         "dialect": "provider-service", "deploy": "deploy"}


def check_links(tree, text_of):
    """What the services' CMakeLists.txt link."""
    problems = []
    for name in tree.names:
        if not name.endswith("CMakeLists.txt") or top(name) not in [*SERVICES, "base"]:
            continue
        for number, line in enumerate((text_of(tree.root / name) or "").splitlines(), 1):
            for match in LIBRARY.finditer(line.split("#")[0]):
                if OWNER[match[1]] != top(name):
                    problems.append(f"{name}:{number}: {top(name)} must not link {match[0]}")
    return problems
