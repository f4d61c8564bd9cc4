"""Tokens of the identity provider: what is believed, what is refused, and keys that change there."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import structlog
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from renche.graph.caller import ROLES, Caller, Restriction, Role
from renche.graph.errors import Forbidden, RencheError
from renche.graph.ids import Kind, make_id
from renche.server import jwks as module
from renche.server.auth import open_authenticator
from renche.server.auth_errors import AuthUnavailable, Unauthenticated
from renche.server.jwks import FRESH_FOR, READ_EVERY, USED_FOR, Jwks, KeysUnreadable, public_keys, read_address
from renche.server.oidc import Oidc, Provider, caller_of
from renche.server.settings import ALGORITHMS, Settings, SettingsError
from renche.vault.keys import Keys
from renche.vault.store import Vault

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
AT = int(NOW.timestamp())
ISSUER, AUDIENCE = "https://id.example.com", "renche"
DEALER, PERSON = make_id(Kind.DEALER, "dms", "1"), make_id(Kind.PERSON, "one", "1")

RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
OTHER_RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
EC_384 = ECKey.generate_key("P-384", {"kid": "ec384"})
EC_521 = ECKey.generate_key("P-521", {"kid": "ec521"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
SIGNERS: Mapping[str, Any] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), RSA),
    "ES256": EC,
    "ES384": EC_384,
    "ES512": EC_521,
    "Ed25519": ED,
}
CLAIMS = {"iss": ISSUER, "aud": AUDIENCE, "sub": "anna", "exp": AT + 300, "iat": AT, "role": "operations"}


def jwk_set(*keys: Any, **more: Any) -> bytes:
    """The JWK set of these keys, as a provider shows it."""
    return json.dumps({"keys": [{**key.as_dict(private=False), **more} for key in keys]}).encode()


def signed(claims: Mapping[str, Any] | None = None, *, key: Any = RSA, alg: str = "RS256", **header: Any) -> str:
    """A token with these claims beside the usual ones; None leaves one out."""
    merged = {name: value for name, value in {**CLAIMS, **(claims or {})}.items() if value is not None}
    heads = {name: value for name, value in {"alg": alg, "kid": key.kid, **header}.items() if value is not None}
    # Without the registry's care: forgeries need headers that the library would not write.
    signing = f"{encoded(heads)}.{encoded(merged)}"
    model = jwt.JWSRegistry.algorithms[alg]
    return f"{signing}.{raw(model.sign(signing.encode(), key))}"


def encoded(content: Any) -> str:
    return raw(json.dumps(content).encode())


def raw(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@dataclass
class Source:
    """A provider's keys, which a test changes, and how often they were read."""

    content: bytes = field(default_factory=lambda: jwk_set(RSA, EC, EC_384, EC_521, ED))
    reads: int = 0
    seconds: float = 100.0
    error: Exception | None = None

    def __call__(self) -> bytes:
        self.reads += 1
        if self.error is not None:
            raise self.error
        return self.content

    def oidc(self, algorithms: tuple[str, ...] = tuple(ALGORITHMS), **more: Any) -> Oidc:
        jwks = Jwks(self, monotonic=lambda: self.seconds)
        return Oidc(Provider(ISSUER, AUDIENCE, algorithms, **more), jwks, now=lambda: NOW)


@pytest.fixture
def source() -> Source:
    return Source()


async def refused(oidc: Oidc, token: str) -> RencheError:
    with pytest.raises(RencheError) as caught:
        await oidc.caller(token)
    error: BaseException | None = caught.value
    while error is not None:
        assert token[:60] not in f"{error!r}{error}"
        error = error.__cause__ or error.__context__
    return caught.value


@pytest.mark.parametrize("alg", ALGORITHMS)
async def test_a_signed_token_becomes_its_caller(source: Source, alg: str) -> None:
    """Each algorithm that may be accepted is understood."""
    found = await source.oidc((alg,)).caller(signed(key=SIGNERS[alg], alg=alg))
    assert found == Caller("user:anna", ROLES[Role.OPERATIONS], Restriction())


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["other", AUDIENCE]},
        {"nbf": AT + 60},
        {"iat": AT + 60},
        {"exp": AT - 59},
        {"exp": AT + 0.5},
        {"iat": None},
    ],
)
async def test_what_is_good_enough(source: Source, claims: dict[str, Any]) -> None:
    """One audience of several, and times within the difference of the clocks."""
    assert (await source.oidc().caller(signed(claims))).id == "user:anna"


@pytest.mark.parametrize("typ", [None, "JWT", "at+jwt", "application/at+jwt"])
async def test_types_of_tokens(source: Source, typ: str | None) -> None:
    """ID and access tokens have no type, or one of these; what the library does not know is passed over."""
    assert (await source.oidc().caller(signed(typ=typ, nonce="x"))).id == "user:anna"


BAD_CLAIMS: list[tuple[dict[str, Any], str]] = [
    ({"exp": AT - 60}, "has expired"),
    ({"exp": AT - 10_000}, "has expired"),
    ({"exp": None}, "lacks one of the claims"),
    ({"exp": "never"}, "not for this service"),
    ({"exp": float("nan")}, "not for this service"),
    ({"exp": True}, "not for this service"),
    ({"nbf": AT + 61}, "not valid yet"),
    ({"iat": AT + 61}, "not valid yet"),
    ({"iss": "https://evil.example.com"}, "identity provider"),
    ({"iss": ISSUER + "/"}, "identity provider"),
    ({"iss": [ISSUER]}, "identity provider"),
    ({"iss": None}, "lacks one of the claims"),
    ({"aud": "other"}, "not for this service"),
    ({"aud": ["other"]}, "not for this service"),
    ({"aud": []}, "not for this service"),
    ({"aud": {AUDIENCE: 1}}, "not for this service"),
    ({"aud": None}, "lacks one of the claims"),
    ({"sub": None}, "lacks one of the claims"),
    ({"sub": ""}, "not for this service"),
    ({"sub": 7}, "not for this service"),
    ({"sub": "an na"}, "subject must be"),
    ({"sub": "a" * 256}, "subject must be"),
    ({"sub": "王"}, "subject must be"),
]


@pytest.mark.parametrize(("claims", "said"), BAD_CLAIMS)
async def test_claims_that_are_refused(source: Source, claims: dict[str, Any], said: str) -> None:
    """A token of another service, provider or time, however well signed."""
    error = await refused(source.oidc(), signed(claims))
    assert (error.code, said in error.message) == ("UNAUTHENTICATED", True)


async def test_clocks_may_be_taken_strictly(source: Source) -> None:
    """Without a difference of clocks a token ends at its second."""
    assert (await source.oidc(skew=0).caller(signed({"exp": AT + 1}))).id == "user:anna"
    assert "has expired" in (await refused(source.oidc(skew=0), signed({"exp": AT}))).message


def hs256(secret: bytes, kid: str = "rsa") -> str:
    """A token made with what is public as if it were a shared secret."""
    signing = f"{encoded({'alg': 'HS256', 'kid': kid})}.{encoded(CLAIMS)}"
    return f"{signing}.{raw(hmac.digest(secret, signing.encode(), hashlib.sha256))}"


def without_signature(alg: str) -> str:
    return f"{encoded({'alg': alg, 'kid': 'rsa'})}.{encoded(CLAIMS)}."


def changed(token: str, claims: Mapping[str, Any]) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{encoded({**CLAIMS, **claims})}.{signature}"


FORGED: dict[str, str] = {
    "no algorithm": without_signature("none"),
    "no algorithm, another case": without_signature("nOnE"),
    "no signature": without_signature("RS256"),
    "the public key as a secret, PEM": hs256(RSA.as_pem(private=False)),
    "the public key as a secret, JWK": hs256(json.dumps(RSA.as_dict(private=False)).encode()),
    "the public key as a secret, DER": hs256(RSA.as_der(private=False)),
    "an empty secret": hs256(b""),
    "another key with the same id": signed(key=OTHER_RSA),
    "another key, brought along": signed(key=OTHER_RSA, jwk=OTHER_RSA.as_dict(private=False)),
    "another key, by address": signed(key=OTHER_RSA, jku="https://evil.example.com/jwks"),
    "another claim": changed(signed(), {"role": "owner"}),
    "another algorithm of the same key": signed().replace(
        signed().split(".")[0], encoded({"alg": "PS256", "kid": "rsa"})
    ),
    "another type of key": signed(key=EC, alg="ES256", kid="rsa"),
    "a curve of another algorithm": signed(key=EC, alg="ES256", kid="ec384"),
    "an unknown key": signed(kid="unknown"),
    "a key id that is no text": signed(kid=7),
    "a key id as a path": signed(kid="../../dev/null"),
    "no key id where there are several keys": signed(key=EC, alg="ES256", kid=None),
    "something critical": signed(crit=["exp"], exp=1),
    "something critical that is known": signed(crit=["alg"]),
    "an unencoded payload": signed(crit=["b64"], b64=False),
    "a token for a logout": signed(typ="logout+jwt"),
    "a type that is no text": signed(typ={}),
    "a header that is no object": f"{encoded([])}.{encoded(CLAIMS)}.{raw(b'x')}",
    "a header without algorithm": f"{encoded({'kid': 'rsa'})}.{encoded(CLAIMS)}.{raw(b'x')}",
    "an algorithm that is no text": f"{encoded({'alg': ['RS256'], 'kid': 'rsa'})}.{encoded(CLAIMS)}.{raw(b'x')}",
    "a header of many brackets": f"{raw(b'[' * 1_500)}.{encoded(CLAIMS)}.{raw(b'x')}",
    "a header that is too long": signed(nonce="x" * 3_000),
    "claims that are no object": f"{encoded({'alg': 'RS256', 'kid': 'rsa'})}.{encoded([])}.{raw(b'x')}",
    "no base64": "!.!.!",
    "empty parts": "..",
    "two parts": "a.b",
    "five parts": "a.b.c.d.e",
    "no ASCII": signed() + "é",
    "too long": signed({"x": "y" * 9_000}),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
async def test_forgeries_are_refused(source: Source, forged: str) -> None:
    """Nothing that the provider did not sign with an accepted algorithm lets anybody in, in whatever form."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        error = await refused(source.oidc(), forged)
    assert isinstance(error, Unauthenticated)


async def test_only_the_set_algorithms_count(source: Source) -> None:
    """A token that is well signed with an algorithm that the settings leave out is refused."""
    assert isinstance(await refused(source.oidc(("ES256",)), signed()), Unauthenticated)


async def test_a_key_counts_for_its_own_algorithm_and_use(source: Source) -> None:
    """A key that the provider keeps for another algorithm, or for encryption, checks no signature."""
    source.content = jwk_set(RSA, alg="RS512")
    assert isinstance(await refused(source.oidc(), signed()), Unauthenticated)
    source.content = jwk_set(RSA, alg="RS256", use="sig")
    assert await source.oidc().caller(signed())
    for more in ({"use": "enc"}, {"key_ops": ["encrypt"]}):
        source.content = jwk_set(RSA, **more)
        assert isinstance(await refused(source.oidc(), signed()), AuthUnavailable)


async def test_one_key_needs_no_id(source: Source) -> None:
    """Where the provider has one key of the kind, its tokens may leave the key's id out."""
    source.content = jwk_set(RSA, EC)
    assert await source.oidc().caller(signed(kid=None))


ROLE_CLAIMS: list[tuple[dict[str, Any], str, Role, Restriction]] = [
    ({"role": "operations"}, "role", Role.OPERATIONS, Restriction()),
    ({"role": ["offline_access", "analyst"]}, "role", Role.ANALYST, Restriction()),
    ({"realm_access": {"roles": ["analyst"]}}, "realm_access.roles", Role.ANALYST, Restriction()),
    ({"https://brand.example/role": "analyst"}, "https://brand.example/role", Role.ANALYST, Restriction()),
    ({"role": "researcher"}, "role", Role.RESEARCHER, Restriction()),
    ({"role": "owner", "person": PERSON}, "role", Role.OWNER, Restriction(person=PERSON)),
    ({"role": "dealer_staff", "dealers": [DEALER]}, "role", Role.DEALER_STAFF, Restriction(frozenset({DEALER}))),
    ({"role": "dealer_staff", "dealers": DEALER}, "role", Role.DEALER_STAFF, Restriction(frozenset({DEALER}))),
    (
        {"role": "analyst", "cities": ["310000"], "brands": ["比亚迪"]},
        "role",
        Role.ANALYST,
        Restriction(cities=frozenset({"310000"}), brands=frozenset({"比亚迪"})),
    ),
    ({"role": "analyst", "cities": []}, "role", Role.ANALYST, Restriction(cities=frozenset())),
]


@pytest.mark.parametrize(("claims", "name", "role", "restriction"), ROLE_CLAIMS)
def test_claims_become_role_and_restriction(
    claims: dict[str, Any], name: str, role: Role, restriction: Restriction
) -> None:
    """The role comes from the claim that the settings name, the restrictions from claims of their own names."""
    assert caller_of({"sub": "anna", **claims}, name) == Caller("user:anna", ROLES[role], restriction)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"role": None},
        {"role": "admin"},
        {"role": "Operations"},
        {"role": []},
        {"role": ["analyst", "operations"]},
        {"role": {"analyst": True}},
        {"role": [["analyst"]]},
        {"roles": "analyst"},
        {"role": "owner"},
        {"role": "owner", "person": None},
        {"role": "owner", "person": ""},
        {"role": "owner", "person": DEALER},
        {"role": "owner", "person": [PERSON]},
        {"role": "owner", "dealers": [DEALER]},
        {"role": "dealer_staff"},
        {"role": "dealer_staff", "dealers": []},
        {"role": "dealer_staff", "dealers": None},
        {"role": "dealer_staff", "dealers": [PERSON]},
        {"role": "dealer_staff", "dealers": [DEALER, 7]},
        {"role": "dealer_staff", "dealers": {DEALER: True}},
        {"role": "analyst", "cities": None},
        {"role": "analyst", "cities": ["Shanghai"]},
        {"role": "analyst", "cities": "310000,320000"},
        {"role": "analyst", "cities": [310000]},
        {"role": "analyst", "brands": [""]},
        {"role": "analyst", "brands": ["x" * 101]},
        {"role": "analyst", "cities": ["310000"] * 1_001},
        {"role": "analyst", "person": "per_x"},
    ],
)
def test_a_role_or_restriction_that_is_not_understood(claims: dict[str, Any]) -> None:
    """No role, several, one without what it needs, or a restriction that would be passed over: all are refused."""
    with pytest.raises(Forbidden) as caught:
        caller_of({"sub": "anna", **claims}, "role")
    assert caught.value.code == "FORBIDDEN"


async def test_a_new_key_comes_in_by_itself(source: Source) -> None:
    """An unknown key is looked for at once; the provider's old key ends with its next set."""
    source.content = jwk_set(EC)
    oidc = source.oidc()
    assert await oidc.caller(signed(key=EC, alg="ES256"))
    source.content = jwk_set(RSA)
    source.seconds += READ_EVERY
    assert await oidc.caller(signed())
    assert source.reads == 2
    assert isinstance(await refused(oidc, signed(key=EC, alg="ES256")), Unauthenticated)


async def test_unknown_keys_cost_little(source: Source) -> None:
    """However many key ids are made up, the provider is asked once every few seconds."""
    oidc = source.oidc()
    for number in range(50):
        await refused(oidc, signed(kid=f"made-up-{number}"))
    assert source.reads == 1
    source.seconds += READ_EVERY
    await asyncio.gather(*(refused(oidc, signed(kid=f"made-up-{number}")) for number in range(50)))
    assert source.reads == 2
    assert await oidc.caller(signed())


async def test_keys_are_read_again_beside_requests(source: Source) -> None:
    """Old keys count on while new ones are read, and no longer when they could not be read for an hour."""
    oidc = source.oidc()
    await oidc.caller(signed())
    source.seconds += FRESH_FOR
    assert await oidc.caller(signed())
    await asyncio.sleep(0.05)
    assert source.reads == 2
    source.error = OSError("down")
    with structlog.testing.capture_logs() as logs:
        source.seconds += USED_FOR - 1
        assert await oidc.caller(signed())
        await asyncio.sleep(0.05)
        source.seconds += READ_EVERY
        error = await refused(oidc, signed())
    assert isinstance(error, AuthUnavailable)
    assert {log["reason"] for log in logs} == {"OSError"}
    source.error = None
    source.seconds += READ_EVERY
    assert await oidc.caller(signed())


async def test_a_provider_that_is_down_lets_nobody_in(source: Source) -> None:
    """Before the first keys came nobody is let in, and the provider is not asked for each request."""
    oidc = source.oidc()
    for error in (OSError("down"), KeysUnreadable("It is longer.")):
        source.error = error
        source.seconds += READ_EVERY
        answers = [await refused(oidc, signed()) for _ in range(5)]
        assert {type(answer) for answer in answers} == {AuthUnavailable}
    assert source.reads == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": []}',
        b'{"keys": ["x"]}',
        b"\xff",
        b"[" * 100_000,
        json.dumps({"keys": [{"kty": "RSA"}] * 101}).encode(),
        json.dumps({"keys": [{"kty": "RSA", "n": "x" * 342, "e": 1}]}).encode(),
        json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}).encode(),
        json.dumps({"keys": [OctKey.generate_key(256, {"kid": "rsa"}).as_dict(private=True)]}).encode(),
    ],
    ids=count(),  # they hold what is made by chance
)
def test_what_is_no_set_of_keys(content: bytes) -> None:
    """Broken text, keys that are broken, and shared secrets leave no key."""
    with pytest.raises(KeysUnreadable):
        public_keys(content)


def test_a_short_key_is_passed_over() -> None:
    """RSA of 1024 bits does not count; the key beside it does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        short = RSAKey.generate_key(1024, {"kid": "short"}).as_dict(private=False)
    keys = public_keys(json.dumps({"keys": [short, {"kty": "AKP"}, RSA.as_dict(private=False)]}).encode())
    assert [key.kid for key in keys] == ["rsa"]


@contextmanager
def provider(answer: Any) -> Iterator[str]:
    """A provider on this machine that answers each request with `answer(handler)`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/jwks"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answering(content: bytes, status: int = 200, **headers: str) -> Any:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def test_keys_come_from_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are read from the provider itself, whatever proxy the machine has."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with provider(answering(jwk_set(RSA))) as url:
        assert [key.kid for key in public_keys(read_address(url))] == ["rsa"]


@pytest.mark.parametrize("status", [301, 302, 307, 404, 500])
def test_no_other_address_is_asked(status: int) -> None:
    """A redirection is an error, as any other answer but the keys."""
    with (
        provider(answering(jwk_set(RSA))) as other,
        provider(answering(b"", status, Location=other)) as url,
        pytest.raises(OSError, match=str(status)),
    ):
        read_address(url)


def test_a_long_or_slow_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too long is not read to its end, and who sends little by little is not waited for."""
    with provider(answering(b"x" * 300_000)) as url, pytest.raises(KeysUnreadable, match="longer than"):
        read_address(url)
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.2)
    go_on = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not go_on.wait(0.05):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    with provider(drip) as url:
        try:
            with pytest.raises(KeysUnreadable, match="in time"):
                read_address(url)
        finally:
            go_on.set()


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.open(f"sqlite:///{tmp_path}/vault.db", Keys.generate()) as vault:
        yield vault


def settings(**given: Any) -> Settings:
    return Settings(oidc_issuer=ISSUER, oidc_audience=AUDIENCE, **given)


async def test_the_settings_name_the_provider(vault: Vault, tmp_path: Path) -> None:
    """A token of the provider is let in beside API tokens, by the machine's clock whatever RENCHE_NOW says."""
    file = tmp_path / "jwks.json"
    file.write_bytes(jwk_set(RSA))
    real = int(datetime.now(UTC).timestamp())
    token = signed({"exp": real + 60, "iat": real})
    async with open_authenticator(settings(oidc_jwks_file=file, now="2020-01-01T00:00:00Z"), vault) as door:
        assert (await door.caller(f"Bearer {token}", None)).id == "user:anna"
        with pytest.raises(Unauthenticated, match="expired"):
            await door.caller(f"Bearer {signed()}", None)
    with provider(answering(jwk_set(RSA))) as url:
        async with open_authenticator(settings(oidc_jwks_url=url), vault) as door:
            assert (await door.caller(f"Bearer {token}", None)).id == "user:anna"
    async with open_authenticator(Settings(), vault) as door:
        with pytest.raises(Unauthenticated, match="API tokens only"):
            await door.caller(f"Bearer {token}", None)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), (b"{}", "JSON object"), (b'{"keys": []}', "no key"), (b" " * 300_000, "longer than")],
)
async def test_a_file_of_keys_that_cannot_be_used(
    vault: Vault, tmp_path: Path, content: bytes | None, said: str
) -> None:
    """It is named at the start, with what is wrong."""
    file = tmp_path / "jwks.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=said) as caught:
        async with open_authenticator(settings(oidc_jwks_file=file), vault):
            pass
    assert str(caught.value).startswith(f"RENCHE_OIDC_JWKS_FILE: {file} cannot be used.")


async def test_a_file_that_goes_away_later(source: Source) -> None:
    """Keys of a file that is gone for the moment count on."""
    oidc = source.oidc()
    await oidc.caller(signed())
    source.error = FileNotFoundError("jwks.json")
    source.seconds += READ_EVERY
    assert isinstance(await refused(oidc, signed(kid="unknown")), Unauthenticated)
    assert await oidc.caller(signed())
