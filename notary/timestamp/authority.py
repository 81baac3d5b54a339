"""The time-stamp authority as an anchor: it stamps the hash of a checkpoint, which needs no trust in the chain."""

import sqlite3

from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from notary.anchors import Tell
from notary.errors import NotaryError
from notary.record.seals import SealLog
from notary.record.stamps import Stamp, Stamps
from notary.settings import NotarySettings
from notary.timestamp.exchange import ask
from notary.timestamp.token import accept, load_roots
from notary.verify.errors import ProofError
from notary.verify.seal import Checkpoint

_OLDER_A_RUN = 10


class Authority:
    """The authority of the settings, whose stamps are verified before they are kept."""

    def __init__(self, settings: NotarySettings, connection: sqlite3.Connection, log: SealLog) -> None:
        self._url, self._certificate = settings.timestamp_url, settings.timestamp_certificate
        self._log, self._stamps = log, Stamps(connection)

    def hold(self, checkpoint: Checkpoint, wait_s: float, tell: Tell = lambda _: None) -> bool:
        """Have a checkpoint stamped, once; then older ones on the chain that lack a stamp, the newest first.

        Args:
            checkpoint: Of the log.
            wait_s: Nothing is waited for: an authority stamps at once or not at all.
            tell: Told what became of it.

        Returns:
            Whether it is stamped; a failure of the authority is told.

        Raises:
            NotaryError: There is no certificate with which a stamp could be verified.
        """
        if not self._stamp(checkpoint, tell):
            return False
        older = self._stamps.lacking(self._url, _OLDER_A_RUN)
        all(self._stamp(self._log.checkpoint(size), tell) for size in older)
        return True

    def _stamp(self, checkpoint: Checkpoint, tell: Tell) -> bool:
        if self._stamps.has(checkpoint.size, self._url):
            return True
        roots = load_roots(self._certificate) if self._certificate else []
        request = TimestampRequestBuilder().data(checkpoint.hash).hash_algorithm(HashAlgorithm.SHA256).build()
        try:
            answer = ask(self._url, request.as_bytes())
            token, time = accept(answer, checkpoint.hash, request.nonce or 0, roots)
        except (NotaryError, ProofError) as error:
            tell(f"checkpoint of {checkpoint.size} seals: not stamped, the next run tries again: {error}")
            return False
        self._stamps.add(checkpoint.size, Stamp(self._url, token, time))
        tell(f"checkpoint of {checkpoint.size} seals: stamped {time:%Y-%m-%d %H:%M:%S} UTC by {self._url}")
        return True
