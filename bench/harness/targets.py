"""What is compared. Each target listens on a free port of its own and stands for one or more processes."""
import http.client
import json
import os
import pwd
import shutil
import socket

from . import governance, rules, tracing
from .processes import Process, free_ports, wait_until

KEY = "wl_bench_0123456789abcdef0123456789abcdef"
# Where a request goes by its model's name. The mock reads its terms from the name, wherever "mock:" stands in it.
MODELS = {"mock:*": {"targets": ["mock/*"]},
          **{f"{name}-mock:*": {"targets": [f"{name}/*"]} for name in ("native", "ollama", "messages")}}
PROGRAMS = {**dict.fromkeys(("serve", "serve-less", "serve-rules", "serve-500-rules", "serve-governed", "serve-traced"),
                            ["wayleave"]),
            "fleet": ["wayleave-gateway", "wayleave-auth", "wayleave-router", "wayleave-provider"]}
FOREIGN = {"OPENAI_API_KEY", "OPENAI_BASE_URL", "OLLAMA_BASE_URL", "PORT"}  # would lead elsewhere
NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


class Target:
    """`routed`: a gateway, which translates and picks the provider by model; the others pass bytes."""
    routed = False
    headers = {}

    def __init__(self, name, port):
        self.name, self.port, self.processes = name, port, []

    def pids(self):
        return [process.pid for process in self.processes]

    def parts(self):
        """Processes worth a figure of their own, by name."""
        return {p.name: p.pid for p in self.processes} if len(self.processes) > 1 else {}

    def check(self):
        for process in self.processes:
            process.check()


def start(name, options, folder, upstream_port, kind=None):
    """A running, ready target. What it started is in `processes` even when this fails half way."""
    os.mkdir(folder)
    if name == "direct":
        return Target(name, upstream_port)
    kinds = {"nginx": Nginx, "serve": Serve, "serve-less": ServeLess, "serve-rules": ServeRules,
             "serve-500-rules": ServeManyRules, "serve-governed": ServeGoverned, "serve-traced": ServeTraced, "fleet": Fleet}
    target = (kind or kinds[name])(name, free_ports(1)[0])
    try:
        target.start(options, folder, upstream_port)
    except BaseException:
        end(target)
        raise
    return target


def end(target):
    for process in target.processes:
        process.ask_to_end()
    for process in reversed(target.processes):
        process.end()


class Nginx(Target):
    CONFIG = """daemon off;
worker_processes 1;
{user}pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 16384; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  tcp_nodelay on;
  client_max_body_size 16m;
  client_body_buffer_size 2m;
  keepalive_requests 1000000000;
  upstream mock {{ server 127.0.0.1:{upstream}; keepalive 1024; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://mock;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 600s;
    }}
  }}
}}
"""

    def start(self, options, folder, upstream_port):
        user = f"user {pwd.getpwuid(0).pw_name};\n" if os.geteuid() == 0 else ""
        config = os.path.join(folder, "nginx.conf")
        with open(config, "w") as out:
            out.write(self.CONFIG.format(user=user, folder=folder, upstream=upstream_port, port=self.port))
        command = [NGINX, "-e", "stderr", "-p", folder, "-c", config]
        self.processes.append(Process(self.name, command, options.gateway_cpus, os.path.join(folder, "log")))
        wait_until(lambda: accepts(self.port), self.processes, self.name)


class Gateway(Target):
    routed = True
    headers = {"Authorization": f"Bearer {KEY}"}

    def config(self, folder, upstream_port, ports):
        upstream = f"http://127.0.0.1:{upstream_port}/v1"
        gateway = dict(zip(("admin", "grpc"), map(loopback, ports)))
        return {
            "gateway": {"listen": loopback(self.port), **gateway},
            "auth": {"state_dir": os.path.join(folder, "state")},
            "providers": {
                "mock": {"type": "openai-compatible", "dialect": "chat", "base_url": upstream, "api_key": "x"},
                "native": {"type": "openai", "base_url": upstream, "api_key": "x"},
                "ollama": {"type": "ollama", "base_url": f"http://127.0.0.1:{upstream_port}"},
                "messages": {"type": "anthropic", "base_url": upstream, "api_key": "x"}},
            "models": MODELS}

    def launch(self, options, folder, config, commands):
        """Starts each command with the configuration (JSON is YAML); ready when all admin ports say so."""
        path = os.path.join(folder, "wayleave.yaml")
        with open(path, "w") as out:
            json.dump(config, out, indent=1)
        env = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        env.update(PROXY_API_KEY=KEY, WAYLEAVE_STATE_DIR=os.path.join(folder, "state"), **self.environment(options))
        for name, command in commands.items():
            command = [os.path.join(options.bin, command[0]), *command[1:], "--config", path]
            log = os.path.join(folder, name + ".log")
            self.processes.append(Process(name, command, options.gateway_cpus, log, env, folder))

    def environment(self, options):
        return {}

    def await_ready(self, *admin_addresses):
        for address in admin_addresses:
            wait_until(lambda: ready(address), self.processes, self.name)


class Serve(Gateway):
    def start(self, options, folder, upstream_port):
        config = self.adjust(options, self.config(folder, upstream_port, free_ports(2)))
        self.launch(options, folder, config, {self.name: ["wayleave", "serve"]})
        self.await_ready(config["gateway"]["admin"])

    def adjust(self, options, config):
        return config


class ServeLess(Serve):
    """The same with settings of --less, to price what they switch off."""

    def adjust(self, options, config):
        for setting in options.less:
            path, _, value = setting.partition("=")
            *sections, key = path.split(".")
            place = config
            for section in sections:
                place = place.setdefault(section, {})
            place[key] = literal(value)
        return config


class ServeRules(Serve):
    """The same with a dozen rules, one of each kind at least: what a company's file might hold."""
    RULES, NAMED = 12, 0

    def adjust(self, options, config):
        return rules.add(config, self.RULES, self.NAMED)


class ServeManyRules(ServeRules):
    """The same with more of both than anybody writes by hand."""
    RULES, NAMED = 500, 2000


class ServeGoverned(Serve):
    """The same with everything on that can be charged, limited, recorded and taken out."""

    def adjust(self, options, config):
        return governance.add(config)


class ServeTraced(Serve):
    """The same with a tenth of its requests traced."""

    def adjust(self, options, config):
        return tracing.add(config)


class Fleet(Gateway):
    def start(self, options, folder, upstream_port):
        admin, grpc, *ports = map(loopback, free_ports(8))
        config = self.config(folder, upstream_port, (0, 0))
        services = {}
        for name in ("auth", "router", "provider"):
            services[name] = {"listen": ports.pop(), "admin": ports.pop()}
            config[name] = {**config.get(name, {}), **services[name]}
        config["router"]["provider"] = services["provider"]["listen"]
        config["gateway"].update(admin=admin, grpc=grpc, **{n: s["listen"] for n, s in services.items()})
        self.launch(options, folder, config, {n: [f"wayleave-{n}"] for n in ("auth", "provider", "router", "gateway")})
        self.await_ready(*(s["admin"] for s in services.values()), admin)


def loopback(port):
    return f"127.0.0.1:{port}"


def literal(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def ready(address):
    connection = http.client.HTTPConnection(address, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
