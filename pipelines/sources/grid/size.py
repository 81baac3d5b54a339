"""How much of everything a grid has."""

from dataclasses import dataclass

from pipelines.sources.grid.names import REGIONS

CUSTOMERS_PER_FEEDER = 11.5


@dataclass(frozen=True)
class GridSize:
    """How many of everything a grid of so many meters has.

    Args:
        meters: Meters that send at any time: one at the head of each feeder, the rest at customers.
    """

    meters: int

    @property
    def feeders(self) -> int:
        """One feeder for about 11.5 customers, at least two so that customers can move."""
        return max(2, round(self.meters / (CUSTOMERS_PER_FEEDER + 1)))

    @property
    def customers(self) -> int:
        """Customers with a meter."""
        return self.meters - self.feeders

    @property
    def newcomers(self) -> int:
        """Customers a day whose meter sends before the business database knows them; as many leave."""
        return max(1, self.customers // 400)

    @property
    def substations(self) -> int:
        """Each serves one or two feeders."""
        return max(2, round(self.feeders * 0.75))

    @property
    def regions(self) -> int:
        """At most the 13 regions of metropolitan France."""
        return min(len(REGIONS), self.substations)
