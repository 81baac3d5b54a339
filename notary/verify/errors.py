"""The one error of a proof."""

_TOLD = 500


class ProofError(ValueError):
    """A proof does not hold.

    Attributes:
        link: Which part of the chain: file, row, seal, anchor or stamp.
    """

    def __init__(self, link: str, message: str) -> None:
        # What an enemy wrote into a file shall not write to the terminal.
        super().__init__("".join(c if c.isprintable() else repr(c)[1:-1] for c in message[:_TOLD]))
        self.link = link
