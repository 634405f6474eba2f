"""The programs of the benchmark: simulator, gateway and wrk. Each runs inside a `with` block."""

import contextlib
import hashlib
import http.client
import json
import os
import secrets
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
DEADLINE = 60  # seconds to wait for any event

ADMIN = {"USERNAME": "admin", "AUTH_TOKEN": secrets.token_hex(32), "SECRET_CODE": secrets.token_hex(32)}
REPLY = json.dumps({"code": "0", "message": "Success", "object": "10045"})


class Failure(Exception):
    """The reason why a measurement is impossible."""


def call(address, method, path, body=None, **headers):
    """Sends a request and returns the status and the text of the reply."""
    connection = http.client.HTTPConnection(address, timeout=DEADLINE)
    with contextlib.closing(connection):
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"Content-Type": "application/json", **headers})
        reply = connection.getresponse()
        return reply.status, reply.read().decode()


def wait_until(condition, what, pause=0.02, seconds=DEADLINE):
    """Waits until `condition` returns a true value, and returns it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(pause)
    raise Failure(f"{what}: not within {seconds} s")


class Program:
    """A process that is pinned to some cores."""

    def __init__(self, command, cores, output, environment):
        self.output = output
        with output.open("wb") as file:
            self.started = time.monotonic()
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, cwd=output.parent,
                env={"PATH": os.environ["PATH"], **environment}, preexec_fn=lambda: os.sched_setaffinity(0, cores))

    def __enter__(self):
        try:
            self.become_ready()
        except BaseException:
            self.stop(signal.SIGTERM)
            raise
        return self

    def __exit__(self, *_):
        self.stop(signal.SIGTERM)

    def become_ready(self):
        """Waits until the program is ready."""

    def stop(self, signal_number):
        """Stops the program and returns its output."""
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
            try:
                self.process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.output.read_text(errors="replace")

    def printed(self, text):
        """The first complete output line with this text, or `None`."""
        if self.process.poll() is not None:
            raise Failure(f"{self.process.args[0]} has ended: {self.output.read_text()[-1000:]}")
        lines = self.output.read_text().splitlines(keepends=True)
        return next((line for line in lines if text in line and line.endswith("\n")), None)

    def cpu_seconds(self):
        """The user and system CPU time so far: proc(5), fields 14 and 15 of `stat`."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_mebibytes(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


class Simulator(Program):
    """The project's simulator of CENTAGATE."""

    def __init__(self, binary, cores, directory):
        environment = {f"SIMULATOR_{name}": ADMIN[name] for name in ("AUTH_TOKEN", "SECRET_CODE")}
        environment |= {"SIMULATOR_ADMIN_USERNAME": ADMIN["USERNAME"], "SIMULATOR_ADDRESS": "127.0.0.1:0"}
        super().__init__([binary], cores, directory / "simulator.log", environment)

    def become_ready(self):
        self.url = wait_until(lambda: self.printed("listens on"), "the simulator starts").split()[-1]

    def always_succeed(self, always):
        """Whether every registration succeeds unchecked and unstored. Otherwise, each stored user slows the simulator down."""
        address = self.url.removeprefix("http://")
        call(address, "DELETE", "/simulator/instructions")
        if always:
            reply = {"status": 200, "contentType": "application/json", "body": REPLY}
            instruction = {"operation": "createUser", "behaviour": {"reply": reply}}
            status, text = call(address, "POST", "/simulator/instructions", instruction)
            if status != 204:
                raise Failure(f"the simulator refuses the instruction: {status} {text}")


class Gateway(Program):
    """The gateway with all features enabled. It is ready when it has registered a first user in the simulator."""

    def __init__(self, binary, cores, directory, simulator, callers):
        self.simulator = simulator
        blocks = [f'[[callers]]\nname = "caller-{number:05}"\nscopes = ["users:create"]\nkey_sha256 = "'
                  + hashlib.sha256(f"caller-key-{number:05}".encode()).hexdigest() + '"\n' for number in range(callers)]
        (directory / "callers.toml").write_text("\n".join(blocks))
        keys = {
            "server.host": "127.0.0.1", "server.port": 0, "management.host": "127.0.0.1", "management.port": 0,
            "server.workers": 1, "server.drain_ms": 0, "centagate.base_url": simulator.url,
            "callers_file": directory / "callers.toml", "audit.sink": directory / "audit.jsonl",
            "rate_limit.requests_per_minute": 100_000_000, "rate_limit.burst": 100_000_000,
            "idempotency.max_keys": 100_000_000, "telemetry.log_format": "json",
            **{f"centagate.admin.{name}": value for name, value in ADMIN.items()},
        }
        environment = {f"GATEWAY__{key.upper().replace('.', '__')}": str(value) for key, value in keys.items()}
        environment |= {"GATEWAY_CONFIG_DIR": str(ROOT / "config"), "GATEWAY_ENVIRONMENT": "production"}
        simulator.always_succeed(False)
        super().__init__([binary, "serve"], cores, directory / "gateway.log", environment)

    def become_ready(self):
        serving = json.loads(wait_until(lambda: self.printed('"serving"'), "the gateway serves", pause=0.0005))
        self.address, self.management = serving["address"], serving["management"]
        name = secrets.token_hex(8)
        user = {"username": name, "firstName": "Alice", "lastName": "Archer", "email": f"{name}@example.com",
                "group": "Staff", "app": "portal"}
        status, text = call(self.address, "POST", "/users", user, Authorization="Bearer caller-key-00000")
        self.start_ms = (time.monotonic() - self.started) * 1000
        if status != 201:
            raise Failure(f"the gateway answers {status} to its first request: {text}")
        self.simulator.always_succeed(True)

    def registered(self):
        """The number of users registered so far."""
        return self.metric('gateway_http_requests_total{route="/users",method="POST",status="201"}')

    def keys(self):
        """The number of idempotency keys used so far."""
        return self.metric('gateway_idempotency_total{result="new"}')

    def metric(self, name):
        metrics = call(self.management, "GET", "/metrics")[1]
        return float(metrics.partition(f"\n{name} ")[2].partition("\n")[0])


@contextlib.contextmanager
def load(gateway, cores, directory, *, connections=64, callers=1, users=100_000_000, key=None):
    """Runs wrk during the `with` block. Every reply must be a success."""
    command = ["wrk", "--threads=1", f"--connections={connections}", "--duration=3600", "--timeout=10",
               f"--script={ROOT / 'bench/load.lua'}", f"http://{gateway.address}",
               "--", str(callers), str(users), *filter(None, [key])]
    with Program(command, cores, directory / "wrk.log", {}) as wrk:
        yield
        report = wrk.stop(signal.SIGINT)
    if "Requests/sec" not in report or "Socket errors" in report or "Non-2xx" in report:
        raise Failure(f"wrk: {report}")
