"""The demo's own identity provider: a token for each role, and one for a partner, good for a day.

The private key lives as long as the process; the file beside the data holds the public one.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson
from joserfc import jwt
from joserfc.jwk import ECKey

from renche.graph.caller import READS, Role, Scope
from renche.server.settings import Settings
from renche.vault.grants import Grant
from renche.vault.store import Vault
from renche.vault.tokens import Tokens

GOOD_FOR: Final = timedelta(days=1)
_ISSUER: Final = "https://identity.demo.invalid"
_AUDIENCE: Final = "renche-demo"
_ALGORITHM: Final = "ES256"


class DemoIdentity:
    """Signs tokens that a server with the settings of `trusted_by` accepts."""

    def __init__(self) -> None:
        self._key = ECKey.generate_key("P-256", {"kid": "demo", "use": "sig", "alg": _ALGORITHM})

    def trusted_by(self, settings: Settings) -> Settings:
        """The settings with this provider in the place of any other; its public key goes to a file of the data."""
        file: Path = settings.data_dir / "demo-jwks.json"
        file.write_bytes(orjson.dumps({"keys": [self._key.as_dict(private=False)]}))
        return settings.model_copy(
            update={
                "oidc_issuer": _ISSUER,
                "oidc_audience": _AUDIENCE,
                "oidc_jwks_file": file,
                "oidc_jwks_url": None,
                "oidc_algorithms": _ALGORITHM,
            }
        )

    def token(self, role: Role, **claims: Any) -> str:
        """A token of somebody in this role; `claims` restrict what is seen."""
        now = datetime.now(UTC)
        told = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": f"demo-{role}",
            "role": role,
            "iat": int(now.timestamp()),
            "exp": int((now + GOOD_FOR).timestamp()),
        }
        return jwt.encode({"alg": _ALGORITHM, "kid": "demo"}, told | claims, self._key)

    def tokens(self, vault: Vault, known: Mapping[str, Any]) -> dict[str, str]:
        """A token for each role by its name, and one for a partner.

        `known` has the ids of a `person` and a `dealer` to whom restricted ones are held; without one there is none.
        """
        found = {str(role): self.token(role) for role in (Role.OPERATIONS, Role.ANALYST, Role.RESEARCHER)}
        if "dealer" in known:
            found[Role.DEALER_STAFF] = self.token(Role.DEALER_STAFF, dealers=[known["dealer"]])
            grant = Grant(
                name="The demo's partner",
                owner="demo",
                env="demo",
                scopes=READS - {Scope.IDENTIFIERS},
                expires_at=datetime.now(UTC) + GOOD_FOR,
                dealers=frozenset({known["dealer"]}),
            )
            found["partner"] = Tokens(vault).issue(grant, "cli:demo").text
        if "person" in known:
            found[Role.OWNER] = self.token(Role.OWNER, person=known["person"])
        return found
