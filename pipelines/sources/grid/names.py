"""Words that the rows of the simulated grid are made of; accents included, as real data has them."""

REGIONS = (
    "Île-de-France",
    "Bretagne",
    "Provence-Alpes-Côte d'Azur",
    "Normandie",
    "Occitanie",
    "Grand Est",
    "Hauts-de-France",
    "Nouvelle-Aquitaine",
    "Auvergne-Rhône-Alpes",
    "Bourgogne-Franche-Comté",
    "Pays de la Loire",
    "Centre-Val de Loire",
    "Corse",
)
PLACES = (
    "Sceaux", "Vitré", "Fréjus", "Évreux", "Nîmes", "Épinal", "Béthune", "Agen",
    "Chambéry", "Dole", "Cholet", "Blois", "Corte", "Melun", "Dinan", "Hyères",
)  # fmt: skip
FIRST_NAMES = (
    "Zoé", "Hélène", "François", "Noémie", "Jean-Luc", "Anaïs", "Théo", "Inès", "Björn", "Łucja",
    "Maëlle", "Omar", "Siobhán", "Yasmine", "Tomáš", "Margaux", "Lê", "Gabriel", "Céline", "Álvaro",
)  # fmt: skip
LAST_NAMES = (
    "Lefèvre", "Moreau", "N'Guyen", "O'Brien", "García", "Müller", "Dupont", "Šimek", "Bernard", "Çelik",
    "Rossi", "Petit", "Durand", "Ferreira", "Haddad", "Kowalski", "Blanc", "Girard", "Mercier", "Faure",
)  # fmt: skip
COMMERCIAL_NAMES = (
    "Boulangerie",
    "Garage",
    "Pharmacie",
    "Atelier",
    "Librairie",
    "Café",
    "Épicerie",
    "Cabinet",
)
TICKET_KINDS = (
    ("inspection", "Thermographic inspection of the feeder's joints"),
    ("repair", "Replace a cracked insulator"),
    ("repair", "Tighten a loose clamp on the overhead line"),
    ("vegetation", "Cut back trees near the line"),
    ("metering", "Check a meter that reports implausible values"),
    ("emergency", "Cable damaged by excavation"),
)
RISKS = (
    "Oil leak at a transformer",
    "Hot spot on a busbar joint",
    "Vegetation closer than 2 m to the line",
    "Earthing resistance above the limit",
    "Fence of the substation damaged",
    "Corroded disconnector contact",
)
