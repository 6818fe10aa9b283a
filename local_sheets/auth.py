"""Service accounts and OAuth2 tokens: the JWT-bearer grant that google-auth performs, checked for real.

The assertion must be signed by the account's key, be fresh, and ask for known scopes. ``aud`` is always Google's own
token address, whatever ``token_uri`` a key file names (google-auth fixes it), so that address is accepted.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from local_sheets.environment import Environment
from local_sheets.errors import ERROR_INFO, ApiError
from local_sheets.store import Store

Json = dict[str, Any]

GOOGLE_AUDIENCE = "https://oauth2.googleapis.com/token"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_PREFIX = "https://www.googleapis.com/auth/"
WRITE_SCOPES = {f"{_PREFIX}{name}" for name in ("spreadsheets", "drive", "drive.file")}
READ_SCOPES = WRITE_SCOPES | {f"{_PREFIX}{name}" for name in ("spreadsheets.readonly", "drive.readonly")}
DRIVE_WRITE = {f"{_PREFIX}{name}" for name in ("drive", "drive.file")}
DRIVE_READ = DRIVE_WRITE | {
    f"{_PREFIX}{name}" for name in ("drive.readonly", "drive.metadata", "drive.metadata.readonly")
}
KNOWN_SCOPES = (
    READ_SCOPES | DRIVE_READ | {f"{_PREFIX}userinfo.email", "openid", "https://spreadsheets.google.com/feeds"}
)
LIFETIME = 3599


class GrantError(Exception):
    """A refused token request: OAuth2's ``error`` and ``error_description``."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description

    def body(self) -> Json:
        """The JSON that the token endpoint answers with status 400."""
        return {"error": self.error, "error_description": self.description}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a bearer token speaks for, and what it may do."""

    email: str
    scopes: frozenset[str]

    def need(self, scopes: set[str]) -> None:
        """Refuses a call that none of the token's scopes covers."""
        feeds = "https://spreadsheets.google.com/feeds"
        if not (self.scopes & scopes) and feeds not in self.scopes:
            raise ApiError(
                403,
                "Request had insufficient authentication scopes.",
                details=[
                    {"@type": ERROR_INFO, "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "domain": "googleapis.com"}
                ],
                reason="insufficientPermissions",
            )


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class Accounts:
    """Who may log in; tokens are kept as digests so that a restart does not log anybody out."""

    def __init__(self, store: Store, env: Environment) -> None:
        self._store, self._env = store, env
        self.known: dict[str, Json] = store.documents("accounts")
        self._tokens: dict[str, Json] = store.documents("tokens")

    def add_person(self, email: str, name: str = "") -> None:
        """A person who works at the grid, or in whose name a service account may act."""
        if email not in self.known:
            self.known[email] = {"kind": "person", "name": name or email.split("@")[0]}
            self._store.put("accounts", email, self.known[email])

    def create_service_account(self, token_uri: str, name: str = "stopbook") -> Json:
        """A new key; returns the service-account file's contents. Asking again replaces the key."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        email = f"{name}@local-sheets.iam.gserviceaccount.com"
        key_id = secrets.token_hex(20)
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.known[email] = {"kind": "service", "name": name, "key_id": key_id, "public": public.decode()}
        self._store.put("accounts", email, self.known[email])
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "project_id": "local-sheets",
            "private_key_id": key_id,
            "private_key": private.decode(),
            "client_email": email,
            "client_id": str(int(key_id[:16], 16)),
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": token_uri,
            "universe_domain": "googleapis.com",
        }

    def grant(self, form: dict[str, str], own_uri: str) -> Json:
        """Answers a token request; raises :class:`GrantError`."""
        if form.get("grant_type") != GRANT:
            raise GrantError("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}"[:200])
        header, claims, signed, signature = _parts(form.get("assertion", ""))
        account = self.known.get(str(claims.get("iss", "")))
        if account is None or account["kind"] != "service":
            raise GrantError("invalid_grant", "Invalid grant: account not found")
        if header.get("alg") != "RS256" or header.get("kid", account["key_id"]) != account["key_id"]:
            raise GrantError("invalid_grant", "Invalid JWT Signature.")
        key = serialization.load_pem_public_key(account["public"].encode())
        assert isinstance(key, rsa.RSAPublicKey)
        try:
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise GrantError("invalid_grant", "Invalid JWT Signature.") from None
        if claims.get("aud") not in (GOOGLE_AUDIENCE, own_uri):
            raise GrantError("invalid_grant", "Invalid JWT: wrong audience.")
        self._check_times(claims)
        scopes = str(claims.get("scope", "")).split()
        if not scopes or not set(scopes) <= KNOWN_SCOPES:
            raise GrantError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        email = str(claims.get("sub") or claims["iss"])
        if email != claims["iss"] and self.known.get(email, {}).get("kind") != "person":
            raise GrantError(
                "unauthorized_client",
                "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any "
                "of the scopes requested.",
            )
        return {"access_token": self.issue(email, scopes), "expires_in": LIFETIME, "token_type": "Bearer"}

    def _check_times(self, claims: Json) -> None:
        now = self._env.clock.now().timestamp()
        issued, expires = claims.get("iat"), claims.get("exp")
        numbers = all(isinstance(t, (int, float)) and not isinstance(t, bool) for t in (issued, expires))
        if not numbers or issued > now + 300 or expires < now or expires - issued > 3600 + 300:  # type: ignore[operator]
            raise GrantError(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                "Check your iat and exp values in the JWT claim.",
            )

    def issue(self, email: str, scopes: list[str]) -> str:
        """A fresh bearer token; old ones that ran out are forgotten."""
        now = self._env.clock.now().timestamp()
        for digest in [d for d, t in self._tokens.items() if t["expires"] < now - 86_400]:
            self._drop(digest)
        token = "ya29." + secrets.token_urlsafe(40)
        digest = hashlib.sha256(token.encode()).hexdigest()
        self._tokens[digest] = {"email": email, "scopes": scopes, "expires": now + LIFETIME}
        self._store.put("tokens", digest, self._tokens[digest])
        return token

    def _drop(self, digest: str) -> None:
        self._tokens.pop(digest, None)
        self._store.put("tokens", digest, None)

    def revoke_all(self) -> int:
        """Makes every token given so far invalid."""
        gone = list(self._tokens)
        for digest in gone:
            self._drop(digest)
        return len(gone)

    def caller(self, authorization: str | None) -> Caller:
        """The caller behind an ``Authorization`` header; raises a 401."""
        if not authorization:
            raise _unauthenticated(
                "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie "
                "or other valid authentication credential.",
                "CREDENTIALS_MISSING",
            )
        scheme, _, token = authorization.partition(" ")
        digest = hashlib.sha256(token.strip().encode("utf-8", "replace")).hexdigest()
        found = self._tokens.get(digest)
        if scheme.lower() != "bearer" or found is None or found["expires"] < self._env.clock.now().timestamp():
            raise _unauthenticated(
                "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
                "valid authentication credential.",
                "ACCESS_TOKEN_EXPIRED" if found else "ACCESS_TOKEN_TYPE_UNSUPPORTED",
            )
        return Caller(found["email"], frozenset(found["scopes"]))


def _unauthenticated(message: str, reason: str) -> ApiError:
    info = {"@type": ERROR_INFO, "reason": reason, "domain": "googleapis.com"}
    return ApiError(401, message, details=[info], location="Authorization")


def _parts(assertion: str) -> tuple[Json, Json, bytes, bytes]:
    try:
        head, body, tail = assertion.split(".")
        header, claims, signature = json.loads(_decode(head)), json.loads(_decode(body)), _decode(tail)
        if not isinstance(header, dict) or not isinstance(claims, dict):
            raise ValueError(assertion)
    except (ValueError, RecursionError):
        raise GrantError("invalid_grant", "Bad Request") from None
    return header, claims, f"{head}.{body}".encode(), signature
