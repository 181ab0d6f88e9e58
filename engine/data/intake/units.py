"""What stands around a number: a sign, brackets, a currency, a percent sign, thousands or millions in a word."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from unicodedata import normalize

PERCENT: Final = "%"

_CODES: Final = """
    aed afn amd ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd btn bwp byn bzd cad cdf chf clp cny cop
    crc cve czk djf dkk dop dzd egp etb eur fjd gbp gel ghs gmd gnf gtq gyd hkd hnl hrk htg huf idr ils inr iqd irr isk
    jmd jod jpy kes kgs khr krw kwd kyd kzt lak lbp lkr lrd lsl lyd mad mdl mga mkd mmk mnt mru mur mvr mwk mxn myr mzn
    nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar scr sek sgd shp srd syp thb tjs tmt
    tnd try ttd twd tzs uah ugx usd uyu uzs vnd vuv xaf xcd xof xpf yer zar zmw
"""
_ISO: Final = frozenset(_CODES.split())
# As people write them, without dots and spaces, in small letters. A sign of several currencies stays as it is.
_CURRENCIES: Final = {code: code.upper() for code in _ISO} | {
    "$": "$", "us$": "USD", "usd$": "USD", "$us": "USD", "dollar": "$", "dollars": "$", "a$": "AUD", "au$": "AUD",
    "aud$": "AUD", "c$": "CAD", "ca$": "CAD", "cad$": "CAD", "can$": "CAD", "nz$": "NZD", "nzd$": "NZD", "hk$": "HKD",
    "s$": "SGD", "sg$": "SGD", "nt$": "TWD", "mx$": "MXN", "mex$": "MXN", "ar$": "ARS", "r$": "BRL", "brl$": "BRL",
    "reais": "BRL", "€": "EUR", "eur€": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "gb£": "GBP", "pounds": "GBP",
    "¥": "¥", "\\": "¥", "yen": "JPY", "円": "JPY", "jp¥": "JPY", "cn¥": "CNY", "rmb": "CNY", "元": "CNY", "圆": "CNY",
    "fr": "CHF", "sfr": "CHF", "kr": "kr", "skr": "SEK", "nkr": "NOK", "dkr": "DKK", "kronor": "SEK", "kroner": "kr",
    "zł": "PLN", "zl": "PLN", "kč": "CZK", "kc": "CZK", "ft": "HUF", "lei": "RON", "лв": "BGN", "lv": "BGN",
    "₹": "INR", "rs": "Rs", "re": "Rs", "₨": "Rs", "₽": "RUB", "руб": "RUB", "р": "RUB", "₺": "TRY", "tl": "TRY",
    "₩": "KRW", "원": "KRW", "฿": "THB", "baht": "THB", "₫": "VND", "đ": "VND", "₴": "UAH", "грн": "UAH", "₪": "ILS",
    "₱": "PHP", "₦": "NGN", "₡": "CRC", "₲": "PYG", "₵": "GHS", "₸": "KZT", "₼": "AZN", "₾": "GEL", "rm": "MYR",
    "rp": "IDR", "s/": "PEN", "r": "ZAR", "dhs": "AED", "sr": "SAR", "din": "RSD", "tk": "BDT", "৳": "BDT",
}  # fmt: skip
# What a sign of several currencies may stand for: beside one of these it means the same.
_SHARED: Final = {
    "$": {"USD"},
    "¥": {"JPY", "CNY"},
    "kr": {"SEK", "NOK", "DKK", "ISK"},
    "Rs": {"INR", "PKR", "LKR", "NPR"},
}
# A plain $ before a number is the dollar that is named behind it.
_DOLLARS: Final = frozenset({"$", "USD", "AUD", "CAD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP", "BRL"})
# Money of which a thousandth has a name, so that three decimals are usual.
THREE_DECIMALS: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})

_POWERS: Final = {
    word: power
    for power, words in {
        3: "k tsd tausend thousand thousands tys тыс тис 千 천 ribu rb",
        4: "万 萬 만",
        5: "lakh lakhs lac lacs lk",
        6: "m mm mn mio mln mill million millions millionen millones millón milhões milhoes millioner miljoen "
        "miljoner milionów milioni млн 百万 jt juta",
        7: "crore crores cr",
        8: "亿 億 억",
        9: "b bn bln mrd mld md mds mia billion billions milliard milliards milliarde milliarden miljard miliardi "
        "miliardów млрд 十億",
    }.items()
    for word in words.split()
}
# These letters are thousands only beside a currency: TEUR, T€, tkr.
_BESIDE_MONEY: Final = {"t": 3}
_MEASURES: Final = {
    "%": PERCENT, "percent": PERCENT, "pct": PERCENT, "prozent": PERCENT, "procent": PERCENT, "‰": "‰",
    "pp": "pp", "bps": "bps", "°": "°", "°c": "°C", "ºc": "°C", "℃": "°C", "°f": "°F", "℉": "°F", "mm": "mm",
    "cm": "cm", "km": "km", "kg": "kg", "km/h": "km/h", "hpa": "hPa", "grp": "GRP",
    "grps": "GRP", "trp": "TRP", "trps": "TRP",
    "click": "clicks", "clicks": "clicks", "klicks": "clicks", "impressions": "impressions", "imps": "impressions",
    "impr": "impressions", "views": "views", "visits": "visits", "sessions": "sessions", "pcs": "pieces",
    "stk": "pieces", "stück": "pieces", "units": "units",
}  # fmt: skip
CURRENCY_UNITS: Final = frozenset(_CURRENCIES.values())


@dataclass(frozen=True)
class Around:
    """What the words around a number say: its sign, the power of ten it is in, and its unit."""

    negative: bool = False
    power: int = 0
    unit: str = ""


@lru_cache(maxsize=4096)
def around(before: str, after: str) -> Around | None:
    """Return what stands before and behind a number's digits, or None where that is no number's dress.

    Minus signs and spaces must be plain ones. A minus behind the digits and brackets around them are
    accountants' minus; `49,-` has no cents. A bare R is South African money only before a space.
    """
    after = re.sub(r"^[.,]\s?-{1,2}", "", after)
    minus = before.count("-") + after.count("-")
    brackets = before.count("("), after.count(")")
    plus = before.count("+")
    if brackets not in ((0, 0), (1, 1)) or minus + brackets[0] + plus > 1 or after[:1] in (".", ","):
        return None
    front = _words(re.sub(r"[-+(]", " ", before))
    back = _words(re.sub(r"[-)]", " ", after))
    if front is None or (front[0] and not front[1]):
        return None
    if front[1] in _MEASURES.values() and front[1] != PERCENT:
        return None
    # ₹1.9 L is lakh; elsewhere L is litres.
    if front[1] in ("INR", "Rs") and back is None and after.strip(" .") in ("L", "l"):
        back = 5, ""
    # `mm` is millions of money (US$ 5mm) or millimetres of rain; CR in capitals marks a credit, unless of rupees.
    if back == (0, "mm") and front[1]:
        back = 6, ""
    if back is None:
        return None
    unit: str | None = front[1] or back[1]
    if front[1] and back[1]:
        unit = back[1] if front[1] == "$" and back[1] in _DOLLARS else same_unit(front[1], back[1])
    if unit is None or (front[0] and back[0]) or (after.strip() == "CR" and unit not in ("INR", "Rs")):
        return None
    if unit == "ZAR" and before[-1:] == "R":
        return None
    return Around(minus + brackets[0] > 0, front[0] or back[0], unit)


def _words(text: str) -> tuple[int, str] | None:
    """Return (power of ten, unit) that words such as `Mio. €`, `k`, `TEUR` name, or None if they name neither."""
    raw = re.sub(r"[\s.]", "", normalize("NFC", text))
    key = raw.casefold()
    if not key:
        return 0, ""
    if key in _CURRENCIES:
        return 0, _CURRENCIES[key]
    if key in _POWERS and raw != "mm":
        return _POWERS[key], ""
    if key in _MEASURES:
        return 0, _MEASURES[key]
    for length in range(1, len(key)):
        for scale, money in ((key[:length], key[length:]), (key[length:], key[:length])):
            power = _POWERS.get(scale) or _BESIDE_MONEY.get(scale)
            if power and money in _CURRENCIES and not (scale == "t" and money == "$"):
                return power, _CURRENCIES[money]
    return None


def same_unit(one: str, other: str) -> str | None:
    """Return the unit that two spellings share, the more exact of both, or None where they differ."""
    if one == other or other in _SHARED.get(one, ()):
        return other
    return one if one in _SHARED.get(other, ()) else None
