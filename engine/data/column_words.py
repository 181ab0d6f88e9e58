"""The words that people name columns with, and what they mean: nouns of the field, in several languages."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

Words = tuple[str, ...]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


DATE: Final = _set("""
date ds day week month period time datum fecha woche monat dt semaine semana settimana mes mois mese dia jour
giorno periodo periode wk zeitraum 日付 日期 날짜 週 周 년월 年月
""")
TECHNICAL: Final = _set("created updated modified loaded ingested extracted inserted synced etl")
COUNTRY: Final = _set("country countrycode market land iso2 iso iso3 pais pays paese kraj nation markt mercado marche")
PLACE: Final = _set("geo region territory location state area")
IDS: Final = _set("id ids uuid guid key pk unnamed row rownum hash currency")
CALENDAR: Final = _set("""
year quarter month week weekday weekno weeknum dayofweek dayofyear dow doy yr qtr wk mth mnth prd nbr jahr quartal
kw ano annee anno
""")
FILLERS: Final = _set("number num no of t in the")
# What relates to something else: an average of it means something, a sum does not.
RATIO: Final = _set("""
per ratio rate avg average mean median share pct percent percentage cpc cpm cpa ctr cvr roas roi aov cac cpl cpo
cpi log lag diff yoy wow mom taux tasa tasso taxa anteil durchschnitt moyenne promedio rapport klickrate
konversionsrate conversionrate clickrate openrate bouncerate marktanteil
""") - {"cpi"}
# What describes a state of things.
STATE: Final = _set("""
price prices pricing preis preise prix precio precios prezzo prezzi preco precos cena ceny prijs index indices
indice cpi temperature temp temperatur temperatura humidity inflation unemployment confidence sentiment score nps
stringency availability kurs wechselkurs degrees celsius fahrenheit
""")
FLAG: Final = _set("flag dummy")
EVENT: Final = _set("""
event events holiday holidays promo promos promotion promotions lockdown strike hldy seas feiertag feiertage
aktion ereignis evento eventos fete ferie feriado festivo christmas xmas easter thanksgiving halloween ramadan
diwali festival blackfriday cybermonday weihnachten ostern noel paques navidad carnaval valentine valentines
""")
COMPETITOR: Final = _set("competitor competitors competition wettbewerb wettbewerber konkurrenz concurrent concurrence")
CONTEXT: Final = (
    STATE
    | COMPETITOR
    | _set("""
weather rain rainfall precipitation sun sunshine gdp interest exchange covid mobility discount gqv discounts stock
distribution macro trends wetter regen rabatt gas ics mrkdn markdown markdowns stores
""")
)
# An amount may be spent or earned; the others say that money went out.
AMOUNT: Final = "amount"
SPEND: Final = _set("""
cost costs spend spends spending spendings budget budgets amount investment investments invest adspend mdsp kosten
ausgaben expenditure expenditures expense expenses outlay outlays aufwand aufwendungen gasto gastos inversion
inversiones coste costes costo costos costi spesa spese depense depenses cout couts investissement investissements
investimento investimentos investimenti despesa despesas custo custos uitgaven koszt koszty wydatki naklady
kostnad kostnader udgifter 広告費 费用 花费 광고비
""")
# Costs that are not of media; the weak ones are where the name does not speak of media.
NOT_MEDIA: Final = _set("""
shipping return returns refund refunds goods cogs production delivery staff salary salaries logistics fulfilment
fulfillment versand personal waren retouren
""")
NOT_MEDIA_ALONE: Final = _set("product products unit units order orders customer customers acquisition sales")
# In the order in which a channel's exposure is preferred; search is better told by its clicks.
EXPOSURE: tuple[str, ...] = ("impressions", "impression", "impressionen", "impresiones", "imps", "impr", "mdip", "i")
EXPOSURE += ("grps", "grp", "trps", "trp", "reach", "reichweite", "views", "view", "clicks", "click", "klicks", "clics")
EXPOSURE += (
    "clic",
    "clicos",
    "p",
    "visits",
    "visit",
    "visites",
    "sessions",
    "session",
    "sends",
    "send",
    "opens",
    "insertions",
)
CLICKS: Final = _set("clicks click klicks clics clic p")
COUNTS: Final = _set("impressions impression impressionen impresiones views visits visites sessions sends opens")
SEARCH: Final = _set("search sem sea ppc shopping")
ORGANIC: Final = _set("organic owned earned")
SOFT_ORGANIC: Final = _set("newsletter newsletters email emails crm seo direct push blog referral")
REVENUE: Final = _set("""
revenue revenues rev gmv sales turnover umsatz umsatze income ingreso ingresos erlos erlose affaires ventes ventas
vendite vendas facturacion fatturato ricavi receita receitas faturamento omzet przychod przychody sprzedaz trzby
omsattning omsetning omsaetning forsaljning recettes revenu revenus verkaufe 売上 売上高 销售额 收入 매출 매출액
""")
CONVERSION: Final = _set("""
orders conversions conversion signups signup purchases transactions leads units installs subscriptions
registrations customers bookings quotes downloads sold bestellungen commandes pedidos ordini encomendas absatz
anmeldungen kunden inscriptions conversiones conversioni einheiten bestellingen zamowienia qty quantity 销量 販売数
판매량
""")
COUNTED: Final = _set("units unit volume qty quantity count sold einheiten stuck")
# What a model made of other columns, or what is one part of a result: it explains nothing, and is not what is sought.
MODELLED: Final = _set("""
contribution contributions effect effects adstock adstocked saturated saturation predicted prediction
fitted yhat residual residuals beitrag
""")
PARTLY: Final = _set("base baseline incremental organic target planned plan forecast prior previous last ly vorjahr")
WEAK_KPI: Final = _set("y kpi target response value dependent outcome")
TOTAL: Final = _set("total totals sum all overall gesamt grand totale totaal summe")
MEDIA: Final = _set("""
media marketing paid ad ads advertising advert adverts campaign campaigns werbung werbe publicite publicidad
pubblicita publicidade kampagne campagne campana advertisement anzeigen
""")
MONEY: Final = _set("eur euro usd gbp chf myr inr brl jpy aud cad nzd sek nok dkk pln czk krw cny mxn zar sgd")
GENERIC: Final = MEDIA | MONEY | _set("online offline net gross daily weekly monthly custom en de la le du in")
CHANNELS: Final = _set("""
tv radio ooh dooh print facebook meta instagram google search display youtube tiktok snapchat pinterest linkedin
twitter bing affiliate affiliates criteo influencer influencers podcast podcasts programmatic shopping pmax
retargeting newsletter email reddit outbrain taboola cinema sem seo organic direct newspaper newspapers magazine
magazines outdoor billboard billboards social video audio sea ppc adwords dv360 amazon microsoft spotify ctv ott
vod bvod television tele fernsehen zeitung presse prensa kino plakat plakate affichage dm whatsapp naver kakao
yandex vk baidu wechat quora applovin insta native banner banners sms flyer flyers leaflet leaflets catalog
catalogue katalog mailing sponsorship sponsoring dsp streaming twitch threads snap press diario radios stampa
giornali posters poster content aussen suche suchmaschine suchmaschinen
テレビ ラジオ 検索 新聞 雑誌 电视 广播 搜索 报纸 户外 검색 라디오
""")
# Channels that are not online.
OFFLINE: Final = _set("""
tv television tele fernsehen radio radios audio ooh dooh outdoor billboard billboards kino cinema plakat plakate
affichage poster posters print newspaper newspapers zeitung presse press prensa stampa giornali diario magazine
magazines flyer flyers leaflet leaflets catalog catalogue katalog dm mailing sponsorship sponsoring
""")
# What a bare name of a channel may hold beside it.
BESIDE_CHANNEL: Final = GENERIC | _set("""
mail brand branded nonbrand non generic prospecting awareness performance national local regional linear digital
open pay free cable satellite connected addressable
network engine marketing feed stories reels text core other
""")
ALIASES: Final = {
    "fb": "facebook",
    "ig": "instagram",
    "yt": "youtube",
    "tt": "tiktok",
    "li": "linkedin",
    "pin": "pinterest",
}
# Names that are written with a capital inside and are one word all the same.
ONE_WORD: Final = CHANNELS | {"ios", "ipad", "iphone", "ebay"}
# What Robyn's own examples write behind the last underscore: spend, impressions, clicks, base, organic.
SUFFIXES: Final = frozenset({"s", "i", "p", "b", "o"})
# Words that are written in one with what stands before them, above all in German: Werbekosten, Nettoumsatz.
ENDINGS: Final = (
    r"(\w{2,}?)s?(kosten|ausgaben|umsatz|spend|spends|klicks|impressionen|preis|temperatur|werbung|anzeigen|index)"
)
# Words of some length that are numbered: Discount1, Event2.
NUMBERED: Final = r"([^\W\d]{4,})(\d{1,2})"
_PLAIN: Final = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "æ": "ae"})


# Each name is looked at beside every other: a wide table would take minutes otherwise.
@lru_cache(maxsize=8192)
def words(name: str) -> Words:
    """Split a column name into lower-case words: `TVCost`, `tv_cost` and `TV Cost` are the same. Accents go."""
    folded = unicodedata.normalize("NFKD", name.translate(_PLAIN))
    plain = unicodedata.normalize("NFC", "".join(c for c in folded if not "\u0300" <= c <= "\u036f"))
    found: list[str] = []
    for token in re.split(r"[\W_]+", plain):
        spaced = token if token.lower() in ONE_WORD else re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", token)
        if not re.fullmatch(r"[A-Z]{2,}s", token):  # GRPs
            spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", spaced)
        for word in spaced.lower().split():
            parts = re.fullmatch(ENDINGS, word) or re.fullmatch(NUMBERED, word)
            if not parts and word.rstrip("0123456789") in CHANNELS:
                parts = re.fullmatch(r"(\D+)(\d{1,2})", word)
            found += parts.groups() if parts and word not in SPEND else [word]
    return tuple(ALIASES.get(word, word) for word in found)


def says_spend(said: frozenset[str] | set[str]) -> bool:
    """Whether a name says that money was spent. An amount may be anything."""
    return bool(said & SPEND - {AMOUNT})


def is_rate(name: str) -> bool:
    """Whether a name says that a column is averaged where rows become one: a rate, a price, an index, a temperature.

    What a name ends in decides: `price_page_views` counts views, `sales_price` is a price.
    """
    parts = words(name)
    said = set(parts)
    if not said & (RATIO | STATE):
        return False
    last = parts[-1]
    if last in RATIO | STATE or "per" in parts[1:] or parts[0] in RATIO:
        return True
    if last in SPEND | set(EXPOSURE) | REVENUE | CONVERSION | COUNTED or last in SUFFIXES:
        return False
    return not says_spend(said)
