"""The process that the stack starts for ``gridseal sql``."""

from gridseal.settings import load_settings
from pipelines.sql.server import serve
from warehouse.catalog import load_catalog


def main() -> None:
    """Serve until ended."""
    settings = load_settings()
    serve(settings, load_catalog(settings), (settings.host, settings.sql_port))


if __name__ == "__main__":
    main()
