"""The one error of a proof."""

_TOLD = 500


class ProofError(ValueError):
    """A proof does not hold.

    Attributes:
        link: Which part of the chain: file, row, seal, anchor or stamp.
    """

    def __init__(self, link: str, message: str) -> None:
        # What an enemy wrote into a file shall not write to the terminal.
        super().__init__(printable(message[:_TOLD]))
        self.link = link


def printable(text: str) -> str:
    """A text in which whatever would steer a terminal is shown as what it is."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
