"""Anchors: places outside of the lake that write its newest checkpoint down, each a clock of its own."""

from collections.abc import Callable, Sequence
from typing import Protocol

from notary.errors import NotaryError
from notary.record.checkpoints import Anchored, Checkpoints
from notary.verify.seal import Checkpoint

Tell = Callable[[str], None]


class Anchor(Protocol):
    """A place for checkpoints; to make one asks nothing of it, so that one that is gone is in nobody's way."""

    def hold(self, checkpoint: Checkpoint, wait_s: float, tell: Tell = ...) -> bool:
        """Bring a checkpoint there, unless it is there.

        Args:
            checkpoint: Of the log; the record holds it.
            wait_s: Seconds to wait until nobody can take it back.
            tell: Told how far it has come.

        Returns:
            Whether it is there for good; if not, the next run goes on.

        Raises:
            NotaryError: It does not come there unless somebody mends something.
        """


def anchor_newest(
    checkpoints: Checkpoints, anchors: Sequence[Anchor], wait_s: float, tell: Tell = lambda _: None
) -> tuple[Anchored | None, bool]:
    """Bring the newest checkpoint of the log to every anchor; one that fails keeps it from no other.

    Args:
        checkpoints: Of the log.
        anchors: Where to.
        wait_s: Seconds to wait, for each of them, until nobody can take it back.
        tell: Told how far it has come.

    Returns:
        The checkpoint, None while nothing is sealed; and whether all of them hold it for good.

    Raises:
        NotaryError: The first that an anchor raised, once all had their turn.
    """
    made = checkpoints.make()
    if made is None:
        return None, True
    held, errors = True, list[NotaryError]()
    for anchor in anchors:
        try:
            held &= anchor.hold(made.checkpoint, wait_s, tell)
        except NotaryError as error:
            errors.append(error)
    for other in errors[1:]:
        tell(str(other))
    if errors:
        raise errors[0]
    return checkpoints.newest(), held
