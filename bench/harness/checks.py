"""Looks at one answer of each kind in full before anything is timed. The load generator then checks the rest."""
import dataclasses
import http.client
import json
import re

from .processes import Failure
from .works import CHAT, RESPONSES, Work

STAMP = re.compile(r"@\d{19}@")
KINDS = [
    Work("check-request", "", ""),
    Work("check-100k", "", "", size=100 * 1024),
    Work("check-chat", "", "", stream=True, model="mock:n=20,i=0"),
    Work("check-translated", "", "", stream=True, model="mock:n=20,i=0", path=RESPONSES, plain_path=CHAT),
    Work("check-responses", "", "", stream=True, model="native-mock:n=20,i=0", path=RESPONSES),
]


@dataclasses.dataclass(frozen=True)
class Said:
    text: str
    usage: tuple
    endings: int


def fetch(target, work):
    path, body = work.request(target.routed)
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=20)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json", **target.headers})
        answer = connection.getresponse()
        data = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Failure(f"{target.name}, {work.name}: {error!r}") from error
    finally:
        connection.close()
    if answer.status != 200:
        raise Failure(f"{target.name}, {work.name}: status {answer.status}: {data[:300].decode(errors='replace')}")
    return data


def check(target, direct):
    """Every answer of the target must be what the upstream says itself: byte for byte when it isn't streamed,
    in text, usage and ending when it is."""
    for work in KINDS:
        got, wanted = fetch(target, work), fetch(direct, work)
        if work.stream:
            got, wanted = understand(got.decode()), understand(wanted.decode())
        if got != wanted:
            raise Failure(f"{target.name}, {work.name}: a wrong answer\n  got    {str(got)[:600]}\n"
                          f"  wanted {str(wanted)[:600]}")


def understand(stream):
    text, usage, endings = "", None, 0
    for event in stream.split("\n\n"):
        data = "\n".join(line[5:].strip() for line in event.split("\n") if line.startswith("data:"))
        if data == "[DONE]":
            endings += 1
        elif data:
            message = json.loads(data)
            text += delta_of(message)
            usage = usage_of(message) or usage
            endings += message.get("type") == "response.completed"
    return Said(STAMP.sub("@", text), usage, endings)


def delta_of(message):
    if message.get("type") == "response.output_text.delta":
        return message["delta"]
    return "".join((choice.get("delta") or {}).get("content") or "" for choice in message.get("choices") or [])


def usage_of(message):
    usage = message.get("usage") or (message.get("response") or {}).get("usage")
    if not usage:
        return None
    return (usage.get("prompt_tokens", usage.get("input_tokens")),
            usage.get("completion_tokens", usage.get("output_tokens")), usage.get("total_tokens"))


def expected_text(direct):
    """The text that each unstreamed answer must carry."""
    message = json.loads(fetch(direct, KINDS[0]))
    return message["choices"][0]["message"]["content"]
