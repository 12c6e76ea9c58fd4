# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates are verified, and proxies are used, with real ones on loopback."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import (
    ConfigurationError,
    Unavailable,
)

x509 = pytest.importorskip("cryptography.x509")
hashes = pytest.importorskip("cryptography.hazmat.primitives.hashes")
serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec")


def issue(name, names=(), issuer=None):
    """A certificate and its key; signed by itself unless there is an issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    signer = issuer or (None, key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer[0].subject if signer[0] else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer[1].public_key()), critical=False
        )
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer[1], hashes.SHA256()), key


@pytest.fixture
def authority(tmp_path):
    certificate, key = issue("authority")
    path = tmp_path / "ca.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return certificate, key, path


@pytest.fixture
def serve_tls(falcon, authority, tmp_path):
    """Put TLS in front of the tenant; the certificate names these."""

    def serve(*names):
        certificate, key = issue("tenant", names, authority[:2])
        path = tmp_path / "tenant.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        falcon._server.socket = context.wrap_socket(falcon._server.socket, server_side=True)
        falcon.handler = lambda request: falcon.ok(["detect"])
        return falcon.url.replace("http:", "https:")

    return serve


def read(client):
    return client.request("GET", "/iocs/queries/actions/v1", purpose="test").resources


LOOPBACK = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


def test_an_unknown_authority_gets_no_secret(falcon, serve_tls, connect):
    with pytest.raises(ConfigurationError, match="certificate is not trusted") as caught:
        read(connect(base_url=serve_tls(LOOPBACK)))
    assert "ca_path" in caught.value.hint
    assert falcon.tokens == []


def test_the_users_authority(falcon, serve_tls, connect, authority, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    assert read(connect(base_url=serve_tls(LOOPBACK), ca_path=str(authority[2]))) == ["detect"]


def test_another_hosts_certificate(falcon, serve_tls, connect, authority):
    with pytest.raises(ConfigurationError, match="certificate is not trusted"):
        read(connect(base_url=serve_tls(x509.DNSName("other.example")), ca_path=str(authority[2])))
    assert falcon.tokens == []


def test_no_verification_when_the_user_says_so(falcon, serve_tls, connect, recwarn):
    assert read(connect(base_url=serve_tls(x509.DNSName("other.example")), validate_certs=False)) == [
        "detect"
    ]
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
    client = connect(base_url=url, ca_path=str(authority[2]), proxy=f"http://user:pass@{proxy.address}")
    assert read(client) == ["detect"]
    assert proxy.heads[0].startswith(f"CONNECT {url[8:]} ")
    assert "Proxy-Authorization: Basic" in proxy.heads[0]
    assert all("canary" not in head and "Bearer" not in head for head in proxy.heads)
    assert len(proxy.heads) == 1, "one connection is kept"
    proxy.close()


def test_a_proxy_of_the_environment(falcon, serve_tls, connect, authority, monkeypatch):
    proxy = Proxy()
    monkeypatch.setenv("https_proxy", f"http://{proxy.address}")
    assert read(connect(base_url=serve_tls(LOOPBACK), ca_path=str(authority[2]))) == ["detect"]
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
