"""Names for the sample people: invented, and as Dutch as a payroll is."""

FIRST_NAMES = (
    "Aaltje", "Ahmed", "Aïcha", "Anouk", "Arjan", "Ayşe", "Bart", "Bas", "Bianca", "Bram", "Carmen", "Chantal", "Chloé",
    "Daan", "Dewi", "Dirk", "Eline", "Els", "Emre", "Esmée", "Eva", "Fatima", "Femke", "Floor", "Frank", "Gerrit", "Hanna",
    "Hans", "Hassan", "Ilse", "Imke", "Ingrid", "Jan", "Jasmijn", "Jeroen", "Jolanda", "Joris", "José", "Karin", "Kees",
    "Khadija", "Lars", "Lieke", "Loïs", "Lotte", "Maarten", "Marieke", "Mehmet", "Merel", "Mohamed", "Nadia", "Niels",
    "Nienke", "Noor", "Olga", "Peter", "Pim", "Priya", "Rachid", "Renée", "Ricardo", "Roos", "Ruben", "Sanne", "Saskia",
    "Sem", "Sjoerd", "Sofie", "Stefan", "Suzanne", "Thijs", "Tineke", "Tom", "Vera", "Wendy", "Willem", "Wouter", "Xandra",
    "Yara", "Youssef", "Yvonne", "Zoë",
)  # fmt: skip

# The prefix is a field of its own: people are found under the letter of what follows it.
LAST_NAMES = (
    ("de", "Vries"), ("van den", "Berg"), ("van", "Dijk"), ("de", "Jong"), ("van der", "Meer"), ("de", "Boer"),
    ("van 't", "Hof"), ("'t", "Hart"), ("ten", "Brink"), ("ter", "Horst"), ("van de", "Ven"), ("op den", "Kamp"),
    ("in 't", "Veld"), ("de", "Graaf"), ("van der", "Laan"), ("el", "Amrani"), ("dos", "Santos"), ("de la", "Cruz"),
    ("", "Jansen"), ("", "Bakker"), ("", "Visser"), ("", "Smit"), ("", "Meijer"), ("", "Mulder"), ("", "Bos"),
    ("", "Peters"), ("", "Hendriks"), ("", "Dekker"), ("", "Brouwer"), ("", "Dijkstra"), ("", "Smeets"), ("", "Kuipers"),
    ("", "Post"), ("", "Willems"), ("", "Hoekstra"), ("", "Koster"), ("", "Prins"), ("", "Blom"), ("", "Huisman"),
    ("", "Postma"), ("", "Veenstra"), ("", "Kramer"), ("", "Yılmaz"), ("", "Öztürk"), ("", "Nowak"), ("", "Wiśniewski"),
    ("", "Bouzidi"), ("", "Ramdin"), ("", "Kartosen"), ("", "Nguyễn"), ("", "Muñoz"), ("", "Køhler"), ("", "Bakker-Smit"),
    ("", "Jansen van Dijk"),
)  # fmt: skip
