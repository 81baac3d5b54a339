"""Photographs of equipment: read from a folder or a ZIP, checked, packed onto HDFS, announced in Kafka."""

from pipelines.sources.images.importing import ImportSummary, import_images

__all__ = ["ImportSummary", "import_images"]
