"""Names that channels may have and pictures must show: a set of them for each kind."""

LONG = "Paid social prospecting for the second half of the year in all of the northern and the eastern regions"

NAME_SETS: dict[str, tuple[str, ...]] = {
    "long": (
        LONG,
        f"{LONG} (video)",
        "Connected_TV_brand_awareness_programme_of_the_whole_group_including_its_subsidiaries_abroad",
    ),
    "one_word": (
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2,
        "tv_S",
        "search_S",
    ),
    "emoji": ("📺 TV 🇩🇪", "🔍🔎 search 👍🏽", "👨‍👩‍👧 family & friends ❤️", "1️⃣ radio", "🫩🪾 newest"),
    "arabic": ("إعلانات التلفزيون", "محركات البحث المدفوعة 2024", "وسائل التواصل الاجتماعي (فيديو)"),
    "hebrew": ("טלוויזיה", "חיפוש ממומן 2024", "מדיה חברתית: וידאו"),
    "cjk": ("电视广告投放（全国）", "テレビＣＭとインターネット広告の合計", "네이버 검색 광고 캠페인", "臺灣電視廣告"),
    "mixed": ("TV تلفزيون prime-time", "חיפוש Search (brand) כללי", "Ελληνικά Русский हिन्दी ไทย", "عربي 電視 😀 TV"),
    "one": ("tv_S",),
    "two": ("tv_S", "search_S"),
    "forty": tuple(f"channel_{at}_of_the_campaign_S" for at in range(1, 41)),
    "markup": ("a\nb\tc", "$\\frac{1}{2}$ & $x_1^2$", "*bold* _it_ <b>x</b> `code` ~s~", "50% off | \\n {x}", "cost_$"),
    "alike": tuple(f"{LONG} {end}" for end in ("A", "B", "C", "a")),
    "short": ("a", "b", "x", "1", "."),
    "unknown": ("ꦗꦮ", "𓀀𓁐", "\U000f0000x", "\u202egnikcab\u202c", "TV_COST", "tv_spend"),
}

# What is explained, where it is not revenue.
KPIS = {
    "long": "Number_of_newly_signed_contracts_including_those_which_were_prolonged_within_the_year",
    "arabic": "إيرادات",
    "hebrew": "הכנסות",
    "cjk": "売上高",
    "emoji": "💰 revenue",
    "markup": "$revenue_$",
}
UNITS = {"revenue": "EUR", "tv_S": "EUR", "search_S": "EUR"}
