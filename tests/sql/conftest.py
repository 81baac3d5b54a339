"""Services that the tests of this room share with others."""

from tests.observe.conftest import answers as answers
from tests.observe.conftest import catalog as catalog
from tests.observe.conftest import settings as settings
