"""Trusted documents: those that a front end ships, known here by an id, so that a request need not send their text.

A request names one as the appendix on persisted documents of GraphQL over HTTP says (`documentId`), or as Apollo's
clients do (`extensions.persistedQuery.sha256Hash`).
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from renche.graph.errors import RencheError
from renche.planner.plan import Planner, Refused
from renche.server.settings import Settings, SettingsError, TrustMode

_log = structlog.get_logger()


class UnknownDocument(RencheError):
    """No document is known by the id that a request names."""

    code = "PERSISTED_QUERY_NOT_FOUND"


class UntrustedDocument(RencheError):
    """A document that is not among those known here, where no other is answered."""

    code = "DOCUMENT_NOT_TRUSTED"


class TrustedDocuments:
    """The known documents by their ids, and what becomes of others."""

    def __init__(self, documents: Mapping[str, str] | None = None, mode: TrustMode = "off") -> None:
        self._documents = documents or {}
        self._texts = frozenset(self._documents.values())
        self._mode = mode

    @classmethod
    def read(cls, path: Path, mode: TrustMode, planner: Planner) -> "TrustedDocuments":
        """The documents of a folder of .graphql files, or of a JSON manifest from id to document.

        Each is known by the SHA-256 of its text, too. Raises SettingsError for one that the planner would refuse.
        """
        documents: dict[str, str] = {}
        wrong = []
        for name, text in _named(path).items():
            if path.is_file():
                documents[name] = text
            documents[sha256(text)] = text
            try:
                planner.check(text)
            except Refused as refused:
                wrong.append(f"RENCHE_TRUSTED_DOCUMENTS: {name}: {refused.errors[0].message}")
        if wrong:
            raise SettingsError("\n".join(wrong))
        return cls(documents, mode)

    def text(self, query: str | None, document_id: str | None) -> str:
        """The document that a request means.

        Raises UnknownDocument for an id without a document, UntrustedDocument for a text that must not be asked.
        """
        if query is None:
            try:
                return self._documents[(document_id or "").removeprefix("sha256:")]
            except KeyError:
                raise UnknownDocument("documentId: there is no such document here.") from None
        if self._mode != "off" and query not in self._texts:
            if self._mode == "only":
                raise UntrustedDocument("Only known documents are answered here; name one by its documentId.")
            _log.warning("untrusted document", sha256=sha256(query))
        return query


def trusted_documents(settings: Settings, planner: Planner) -> TrustedDocuments:
    """The documents that the settings name, each checked; raises SettingsError with those that are wrong."""
    path, mode = settings.trusted_documents, settings.trusted_documents_mode
    return TrustedDocuments() if path is None else TrustedDocuments.read(path, mode, planner)


def document_id(content: Mapping[str, Any]) -> str | None:
    """The id by which a request names its document; raises ValueError with what is wrong with it."""
    extensions = content.get("extensions") or {}
    if not isinstance(extensions, dict):
        raise ValueError("extensions: must be an object.")
    persisted = extensions.get("persistedQuery") or {}
    if not isinstance(persisted, dict):
        raise ValueError("extensions.persistedQuery: must be an object.")
    found, hashed, query = content.get("documentId"), persisted.get("sha256Hash"), content.get("query")
    if not all(each is None or isinstance(each, str) for each in (found, hashed)):
        raise ValueError("documentId, sha256Hash: must be strings.")
    if hashed is not None and isinstance(query, str) and hashed != sha256(query):
        raise ValueError("sha256Hash: this is not the hash of the query.")
    if found is not None and query is not None:
        raise ValueError("documentId: give either this or a query.")
    return hashed if found is None else found


def sha256(text: str) -> str:
    """The id of a document by its text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _named(path: Path) -> dict[str, str]:
    """The documents by the names they have there."""
    try:
        if path.is_dir():
            files = sorted(path.rglob("*.graphql"))
            return {file.relative_to(path).as_posix(): file.read_text(encoding="utf-8") for file in files}
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"RENCHE_TRUSTED_DOCUMENTS: {path} cannot be read: {error}.") from None
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise SettingsError(f"RENCHE_TRUSTED_DOCUMENTS: {path} must be a JSON object from id to document.")
    return found
