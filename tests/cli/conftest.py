"""Running the command line, in this process and in one of its own."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import fillcast

Run = Callable[..., subprocess.CompletedProcess[str]]
START_S = 120.0  # kernels may have to be compiled first


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment in which this very fillcast is found and nobody's config file is."""
    empty = tmp_path_factory.mktemp("config")
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith(("FILLCAST_CONFIG", "COLUMNS"))
    }
    return {**variables, "PYTHONPATH": str(Path(fillcast.__file__).parents[1]), "XDG_CONFIG_HOME": str(empty)}


@pytest.fixture(scope="session")
def command(environment: dict[str, str]) -> Run:
    """Return what runs `fillcast` in a process of its own."""

    def run(*arguments: str, timeout: float = START_S, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fillcast", *arguments],
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def lab_url(environment: dict[str, str]) -> Iterator[str]:
    """Return the address of a running lab."""
    process = subprocess.Popen(
        [sys.executable, "-m", "fillcast", "lab", "--until-eof"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline())
        assert {"port", "okx", "binance_usdm"} <= set(ready)
        yield ready["okx"]
    finally:
        process.stdin.close()
        process.stdout.close()
        assert process.wait(10) == 0


@pytest.fixture
def endpoints(lab_url: str) -> list[str]:
    """Return the flags that point both venues at the lab."""
    return ["--endpoint", f"okx={lab_url}", "--endpoint", f"binance_usdm={lab_url}"]


@pytest.fixture
def without_sockets(lab_url: str) -> Iterator[str]:
    """Return the address of a venue that answers requests and refuses sockets."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            refused = "Upgrade" in self.headers
            body = b"" if refused else urllib.request.urlopen(lab_url + self.path, timeout=5).read()
            self.send_response(429 if refused else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(5)


@pytest.fixture
def in_process(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs a command in this process: the same code without the start of an interpreter."""
    from fillcast.cli import run

    monkeypatch.setenv("XDG_CONFIG_HOME", environment["XDG_CONFIG_HOME"])
    monkeypatch.delenv("FILLCAST_CONFIG", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)

    def call(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        for name, value in more.items():
            monkeypatch.setenv(name, value)
        code = run(list(arguments))
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, said.out, said.err)

    return call
