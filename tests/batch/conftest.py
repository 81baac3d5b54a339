"""Services that the tests of this room share with others."""

from tests.observe.conftest import answers as answers
from tests.streaming.conftest import spark as spark
