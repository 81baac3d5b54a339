"""The process that the stack starts for ``gridseal sql``."""

from gridseal.settings import Settings
from pipelines.sql.server import serve
from stack.sql import password_file
from warehouse.catalog import load_catalog


def main() -> None:
    """Serve until ended."""
    # Whoever starts it passes all of them on but passwords, of which it needs none but its own.
    settings = Settings(_env_file=None)
    password = password_file(settings).read_text(encoding="utf-8")
    serve(settings, load_catalog(settings), (settings.host, settings.sql_port), settings.sql_jdbc_port, password)


if __name__ == "__main__":
    main()
