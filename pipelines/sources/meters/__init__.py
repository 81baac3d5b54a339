"""The simulated meters: what they measure, what goes wrong on the way, and the record of what was sent."""

from pipelines.sources.meters.feed import feed_day
from pipelines.sources.meters.options import MeterOptions
from pipelines.sources.meters.summary import FeedSummary, list_feeds

__all__ = ["FeedSummary", "MeterOptions", "feed_day", "list_feeds"]
