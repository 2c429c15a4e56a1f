"""The loads that every target gets, and the requests they are made of."""
import dataclasses
import json
import os

CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
KIB = 1024


@dataclasses.dataclass
class Work:
    """One load. A gateway gets `path` and `model`; a target that only passes bytes gets `plain_path`, so that
    both cause the same answer upstream. `column` and `figure` say what the tables show of it."""
    name: str
    column: str
    figure: str
    path: str = CHAT
    plain_path: str = None
    model: str = "mock:n=1"
    size: int = KIB
    connections: int = 1
    seconds: float = 4
    warmup: float = 1
    rate: float = 0
    pause: float = 0
    stream: bool = False
    events: int = 0  # stamped events of each stream, 0 when the streams do not end

    def request(self, routed):
        path = self.path if routed else self.plain_path or self.path
        return path, body(path, self.model, self.size, self.stream)

    def arguments(self, routed, host_port, folder, headers):
        path, data = self.request(routed)
        file = os.path.join(folder, f"{self.name}-{'routed' if routed else 'plain'}.json")
        with open(file, "wb") as out:
            out.write(data)
        given = ["--url", f"http://{host_port}{path}", "--body", file, "--connections", self.connections,
                 "--seconds", self.seconds, "--warmup", self.warmup]
        for name, value in headers.items():
            given += ["--header", f"{name}: {value}"]
        for option in ("rate", "pause"):
            if getattr(self, option):
                given += [f"--{option}", getattr(self, option)]
        if self.stream:
            given += ["--stream", "--expect-events", self.events]
        else:
            given += ["--expect-text", os.path.join(folder, "expected-text")]
        return [str(argument) for argument in given]


def all_works(quick, seconds):
    paced_seconds = seconds + 2
    # A paced stream ends within the measured span, so that each is seen whole.
    count = int((paced_seconds - 1) * 50)
    paced = dict(figure="event", stream=True, connections=200, seconds=paced_seconds, events=count)
    burst = dict(figure="event", stream=True, connections=8, seconds=seconds, events=1000)
    translated = dict(path=RESPONSES, plain_path=CHAT)
    native = dict(path=RESPONSES)
    at_pace, at_once = f"mock:n={count},i=20000", "mock:n=1000,i=0"
    silences = 1 if quick else 4
    return [
        Work("idle-streams", "open idle streams", "memory", model="mock:n=2,i=900000000", stream=True,
             connections=200 if quick else 1000, seconds=2, warmup=1.5),
        Work("1k-c1", "1 KiB c=1", "latency", seconds=seconds),
        Work("1k-c64", "1 KiB c=64", "request", connections=64, seconds=seconds),
        Work("100k-c16", "100 KiB c=16", "request", connections=16, size=100 * KIB, seconds=seconds),
        Work("100k-translated", "100 KiB c=16, responses→chat", "request", connections=16, size=100 * KIB,
             seconds=seconds, stream=True, events=1, model="mock:n=1,i=0", **translated),
        Work("1k-500rps", "1 KiB 500 rps", "latency", connections=64, rate=500, seconds=seconds + 1),
        Work("paced-chat", "200 paced, chat→chat", model=at_pace, **paced),
        Work("burst-chat", "burst, chat→chat", model=at_once, **burst),
        Work("paced-translated", "200 paced, responses→chat", model=at_pace, **paced, **translated),
        Work("burst-translated", "burst, responses→chat", model=at_once, **burst, **translated),
        Work("paced-ollama", "200 paced, responses→Ollama", model="ollama-" + at_pace, **paced, **translated),
        Work("burst-ollama", "burst, responses→Ollama", model="ollama-" + at_once, **burst, **translated),
        Work("paced-messages", "200 paced, responses→Messages", model="messages-" + at_pace, **paced, **translated),
        Work("burst-messages", "burst, responses→Messages", model="messages-" + at_once, **burst, **translated),
        Work("paced-responses", "200 paced, responses→responses", model="native-" + at_pace, **paced, **native),
        Work("burst-responses", "burst, responses→responses", model="native-" + at_once, **burst, **native),
        # Every request but the first follows five silent seconds; half a second is left for the last answer.
        Work("silence", "after 5 s of silence", "latency", pause=5, seconds=5 * silences + .5, warmup=.3),
    ]


WORDS = 'Read the file, then explain "why" the test fails.\nStep by step: '


def body(path, model, size, stream):
    """A request of about `size` bytes in the API's shape; all its text is in user messages of up to 4 KB."""
    request = {"model": model, **(chat_frame() if path == CHAT else responses_frame())}
    messages = request["messages" if path == CHAT else "input"]
    missing = size - len(encode({**request, "stream": stream}))
    while missing > 100:
        messages.append(user_message(path, (WORDS * 60)[:min(missing, 4000) - 90]))
        missing = size - len(encode({**request, "stream": stream}))
    return encode({**request, "stream": stream})


def encode(request):
    return json.dumps(request, separators=(",", ":")).encode()


def chat_frame():
    return {"messages": [{"role": "system", "content": "You are a careful assistant."}],
            "temperature": 0.2, "max_tokens": 512}


def responses_frame():
    return {"instructions": "You are a careful assistant.",
            "input": [{"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be brief."}]}],
            "max_output_tokens": 512}


def user_message(path, text):
    if path == CHAT:
        return {"role": "user", "content": text}
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
