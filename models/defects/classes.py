"""The kinds that a photograph is sorted into, as "Infrared Solar Modules" (Raptor Maps, 2020) names them."""

NO_ANOMALY = "No-Anomaly"
CLASSES = (
    NO_ANOMALY,
    "Cell",
    "Cell-Multi",
    "Cracking",
    "Diode",
    "Diode-Multi",
    "Hot-Spot",
    "Hot-Spot-Multi",
    "Offline-Module",
    "Shadowing",
    "Soiling",
    "Vegetation",
)
"""Their order is that of the outputs of a network; all but the first are defects."""
