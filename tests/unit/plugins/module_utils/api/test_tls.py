# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates are verified, and proxies are used, with real ones on loopback."""

from __future__ import annotations

import socket
import ssl
import threading

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import (
    ConfigurationError,
    Unavailable,
)

trustme = pytest.importorskip("trustme")


@pytest.fixture
def authority(tmp_path):
    """An authority nobody knows, and the file that makes it known."""
    made = trustme.CA()
    path = tmp_path / "ca.pem"
    made.cert_pem.write_to_path(path)
    return made, path


@pytest.fixture
def serve_tls(falcon, authority):
    """Put TLS in front of the tenant; the certificate names this host."""

    def serve(host):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority[0].issue_cert(host).configure_cert(context)
        falcon._server.socket = context.wrap_socket(falcon._server.socket, server_side=True)
        falcon.handler = lambda request: falcon.ok(["detect"])
        return falcon.url.replace("http:", "https:")

    return serve


def read(client):
    return client.request("GET", "/iocs/queries/actions/v1", purpose="test").resources


LOOPBACK = "127.0.0.1"


def test_an_unknown_authority_gets_no_secret(falcon, serve_tls, connect):
    with pytest.raises(ConfigurationError, match="certificate is not trusted") as caught:
        read(connect(base_url=serve_tls(LOOPBACK)))
    assert "ca_path" in caught.value.hint
    assert falcon.tokens == []


def test_the_users_authority(falcon, serve_tls, connect, authority, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    assert read(connect(base_url=serve_tls(LOOPBACK), ca_path=str(authority[1]))) == ["detect"]


def test_another_hosts_certificate(falcon, serve_tls, connect, authority):
    with pytest.raises(ConfigurationError, match="certificate is not trusted"):
        read(connect(base_url=serve_tls("other.example"), ca_path=str(authority[1])))
    assert falcon.tokens == []


def test_no_verification_when_the_user_says_so(falcon, serve_tls, connect, recwarn):
    assert read(connect(base_url=serve_tls("other.example"), validate_certs=False)) == ["detect"]
    assert not [one for one in recwarn if "Unverified" in str(one.message)]


class Proxy:
    """An HTTP proxy that knows CONNECT, and wants to be told who asks."""

    def __init__(self, accepts=True):
        self.heads = []
        self.accepts = accepts
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _address = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._tunnel, args=[client], daemon=True).start()

    def _tunnel(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        self.heads.append(head.decode())
        if not self.accepts:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            client.close()
            return
        host, port = head.split()[1].decode().rsplit(":", 1)
        upstream = socket.create_connection((host, int(port)))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        threading.Thread(target=self._pipe, args=(upstream, client), daemon=True).start()
        self._pipe(client, upstream)

    @staticmethod
    def _pipe(source, target):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                target.sendall(data)
        except OSError:
            pass
        finally:
            target.close()

    def close(self):
        self._socket.close()


def test_a_tunnel_through_a_proxy(falcon, serve_tls, connect, authority):
    proxy = Proxy()
    url = serve_tls(LOOPBACK)
    client = connect(base_url=url, ca_path=str(authority[1]), proxy=f"http://user:pass@{proxy.address}")
    assert read(client) == ["detect"]
    assert proxy.heads[0].startswith(f"CONNECT {url[8:]} ")
    assert "Proxy-Authorization: Basic" in proxy.heads[0]
    assert all("canary" not in head and "Bearer" not in head for head in proxy.heads)
    assert len(proxy.heads) == 1, "one connection is kept"
    proxy.close()


def test_a_proxy_of_the_environment(falcon, serve_tls, connect, authority, monkeypatch):
    proxy = Proxy()
    monkeypatch.setenv("https_proxy", f"http://{proxy.address}")
    assert read(connect(base_url=serve_tls(LOOPBACK), ca_path=str(authority[1]))) == ["detect"]
    assert proxy.heads
    proxy.close()


def test_a_proxy_that_refuses(falcon, serve_tls, connect, clock):
    proxy = Proxy(accepts=False)
    client = connect(
        base_url=serve_tls(LOOPBACK), proxy=f"http://user:hunter2pass@{proxy.address}", retries=1
    )
    with pytest.raises(Unavailable, match="proxy") as caught:
        read(client)
    assert "407" in str(caught.value)
    assert "hunter2pass" not in str(caught.value)
    assert falcon.tokens == []
    proxy.close()
