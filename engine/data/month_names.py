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
# Polish, Turkish, Czech, Finnish, Romanian, Hungarian, Indonesian, Malay, Russian, Ukrainian.
_MORE_MONTHS: Final[tuple[str, ...]] = (
    "styczen stycznia sty ocak oca leden ledna tammikuu tammikuuta ianuarie ian januar янв январь января січень січня",
    "luty lutego lut subat sub unor unora helmikuu helmikuuta februarie фев февр февраль февраля лютий лютого",
    "marzec marca brezen brezna maaliskuu maaliskuuta martie marcius maret mac мар март марта березень березня",
    "kwiecien kwietnia kwi nisan nis duben dubna huhtikuu huhtikuuta aprilie aprilis апр апрель апреля квітень квітня",
    "maja mayis kveten kvetna toukokuu toukokuuta majus май мая травень травня",
    "czerwiec czerwca cze haziran haz cerven cervna kesakuu kesakuuta iunie iun junius июн июнь июня червень червня",
    "lipiec lipca lip temmuz tem cervenec cervence heinakuu heinakuuta iulie iul julius июл июль июля липень липня",
    "sierpien sierpnia sie agustos agu srpen srpna elokuu "
    "elokuuta augusztus agustus ogos авг август августа серпень серпня",
    "wrzesien wrzesnia wrz eylul eyl zari syyskuu syyskuuta "
    "septembrie szeptember сен сент сентябрь сентября вересень вересня",
    "pazdziernik pazdziernika paz ekim eki rijen rijna lokakuu lokakuuta octombrie окт октябрь октября жовтень жовтня",
    "listopad listopada lis kasim kas marraskuu marraskuuta noiembrie ноя нояб ноябрь ноября листопад листопада",
    "grudzien grudnia gru aralik ara prosinec prosince joulukuu "
    "joulukuuta decembrie disember дек декабрь декабря грудень грудня",
)

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


# Letters that are no other letter with a mark: ł, and the dotless i.
_PLAIN: Final = str.maketrans(
    {"ł": "l", "ı": "i", "–": " - ", "—": " - ", "−": "-", "‑": "-", "‐": "-", "ß": "ss", "ø": "o", "\u200b": ""}
)
MONTHS: Final[dict[str, int]] = {
    folded(name): number
    for names in (_MONTHS, tuple(names.split() for names in _MORE_MONTHS))
    for number, said in enumerate(names, 1)
    for name in said
}
