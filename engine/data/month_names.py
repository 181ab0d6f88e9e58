"""The names of months, weekdays, weeks and quarters in the languages that people's files are written in.

All are folded: lower case, without accents and dots (`Mär.` is `mar`).
"""

import unicodedata
from typing import Final

_MONTHS: Final[tuple[tuple[str, ...], ...]] = (
    ("jan", "january", "januar", "janner", "janv", "janvier", "ene", "enero", "gen", "gennaio", "janeiro", "januari"),
    ("feb", "february", "februar", "feber", "fev", "fevr", "fevrier", "febrero", "febbraio", "fevereiro", "februari"),
    ("mar", "march", "marz", "maerz", "mrz", "mars", "marzo", "marco", "maart", "mrt", "mart"),
    ("apr", "april", "avr", "avril", "abr", "abril", "aprile"),
    ("may", "mai", "mayo", "mag", "maggio", "maio", "mei", "maj"),
    ("jun", "june", "juni", "juin", "junio", "giu", "giugno", "junho"),
    ("jul", "july", "juli", "juil", "juillet", "julio", "lug", "luglio", "julho"),
    ("aug", "august", "aout", "aou", "ago", "agosto", "augustus", "augusti"),
    ("sep", "sept", "september", "septembre", "septiembre", "setiembre", "set", "sett", "settembre", "setembro"),
    ("oct", "october", "okt", "oktober", "octobre", "octubre", "ott", "ottobre", "out", "outubro"),
    ("nov", "november", "novembre", "noviembre", "novembro"),
    ("dec", "december", "dez", "dezember", "decembre", "dic", "diciembre", "dicembre", "dezembro", "desember", "des"),
)
MONTHS: Final[dict[str, int]] = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}

_WEEKDAYS: Final = (
    "mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday sun sunday "
    "mo montag di dienstag mi mittwoch do donnerstag fr freitag sa samstag sonnabend so sonntag "
    "lun lundi mardi mer mercredi jeu jeudi ven vendredi sam samedi dim dimanche "
    "lunes martes mie miercoles jue jueves vie viernes sab sabado dom domingo "
    "lunedi martedi mercoledi gio giovedi venerdi sabato domenica segunda terca quarta quinta sexta "
    "ma maandag dinsdag wo woensdag donderdag vr vrijdag za zaterdag zo zondag "
    "man mandag tir tirsdag ons onsdag tor torsdag fre fredag lor lordag son sondag"
)
WEEKDAYS: Final = frozenset(_WEEKDAYS.split())

WEEK: Final = (
    "w|wk|wks|week|weekno|weeknr|kw|cw|woche|kalenderwoche|uge|uke|vecka|v|semaine|sem|semana|settimana|isoweek"
)
QUARTER: Final = "q|qtr|quarter|quartal|trimestre|trim|kvartal|kwartaal"


def folded(text: str) -> str:
    """Return a text in lower case, trimmed, without accents, with plain spaces, dashes and digits."""
    text = text.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_PLAIN))
        text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return text.lower()


_PLAIN: Final = str.maketrans({"–": " - ", "—": " - ", "−": "-", "‑": "-", "‐": "-", "ß": "ss", "ø": "o", "\u200b": ""})
