"""Words that stand beside numbers in cells: multiples, marks of a missing number, what is counted.

They are compared without case, after ``quantities`` has taken marks of text away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Literal


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_THOUSAND, _MILLION, _BILLION, _TRILLION = (10 ** (3 * n) for n in range(1, 5))

# What a number is multiplied by, in eleven languages. A "billion" of German or Spanish is 10^12.
MULTIPLES: Mapping[str, int] = {
    word: factor
    for factor, words in {
        _THOUSAND: "k thousand thousands tsd tsd. tausend mil mille milliers mila bin тыс тыс. "
                   "тысяч nghìn ngàn 千 천",
        10**4: "万 萬 만",
        _MILLION: "m mm mn mio mio. million millions millionen mill mill. millones milhões milhão "
                  "mi milioni milione mln milyon млн млн. миллион миллионы миллионов "
                  "миллионах триệu triệu tr 百万 百萬 백만",
        10**7: "千万 천만",
        10**8: "亿 億 억",
        10**10: "百亿 百億 백억",
        10**11: "千亿 千億 천억",
        _BILLION: "b bn g bln billion billions mrd mrd. milliarde milliarden md mds milliard "
                  "milliards bilhões bilhão bi miliardi miliardo mld mld. mil_millones млрд млрд. "
                  "миллиард миллиарды миллиардов миллиардах milyar tỷ tỉ 十亿 十億 십억",
        _TRILLION: "t tn trn trillion trillions billionen bio bio. billones trilhões trilhão "
                   "bilioni trilyon трлн трлн. триллион триллионов nghìn_tỷ 万亿 萬億 兆 조",
    }.items()
    for word in words.split()
}  # fmt: skip

# Multiples of languages that write one and a half as 1.5, or of several languages.
_POINT = re.compile(r"[\u3040-\u9fff\uac00-\ud7af]")
_ANY = _set("k m mm mn b bn g bln t tn trn bi tr mil mille mill mill. million billion "
            "trillion millions billions trillions thousand thousands")  # fmt: skip


def usual_mark(multiple: str) -> Literal["", ".", ","]:
    """Return the sign before decimals in the language of a multiple; empty if it has none.

    >>> usual_mark("Mrd"), usual_mark("億"), usual_mark("B")
    (',', '.', '')
    """
    if _POINT.match(multiple):
        return "."
    return "" if multiple.casefold() in _ANY or multiple.casefold() not in MULTIPLES else ","


def number_tables() -> dict[str, Mapping[str, int | str]]:
    """Return the power of ten of each multiple, and the sign before decimals that it implies.

    They are JSON-able data, for scripts that read alike.
    """
    powers = {word: len(str(factor)) - 1 for word, factor in MULTIPLES.items()}
    marks = {word: mark for word in MULTIPLES if (mark := usual_mark(word))}
    return {"multiples": powers | {"%": -2, "x": 0, "×": 0}, "marks": marks}


# "mil millones" and "nghìn tỷ" are one multiple each.
JOINED = {"mil millones": "mil_millones", "nghìn tỷ": "nghìn_tỷ", "ngàn tỷ": "nghìn_tỷ"}
PERCENT = Decimal("0.01")

ABOUT = ("~", "≈", "∼", "≃", "about ", "approx. ", "approx ", "approximately ", "around ", "ca. ",
         "ca ", "circa ", "roughly ", "c. ", "env. ", "environ ", "etwa ", "rund ", "ungefähr ",
         "unos ", "unas ", "cerca de ", "около ", "примерно ", "约", "約", "大约", "약 ", "약",
         "khoảng ", "est. ", "estimated ", "nearly ", "almost ", "knapp ", "presque ", "casi ",
         "quase ", "quasi ", "почти ", "近", "gần ")  # fmt: skip

# What is said of digits that can be read in two ways.
EITHER = "may be {one} or {other}"

# Words before a number that make it another one.
RELATION = re.compile(
    r"\b(?:half|third|quarter|twice|double|not|no|max|min|halb|doppelt)\b\.?\s*(?:of\s*)?$|[$€£¥]\s*$",
    re.IGNORECASE,
)
PER = re.compile(
    r"\s*(?:params?|parameters)?\s*(?:per|/|je|par|por|pro) ?"
    r"(?:expert|layer|head|gpu|device|node)s?\b",
    re.IGNORECASE,
)

# Words that make a number a bound, before it or behind it.
BOUND = re.compile(
    r"(?:\b(?:more than|over|at least|above|mehr als|über|mindestens|plus de|au moins|más de|"
    r"al menos|mais de|pelo menos|più di|almeno|более|свыше|не менее|hơn|trên|ít nhất|up to|"
    r"at most|less than|under|below|bis zu|jusqu'à|hasta|até|fino a|до|менее)\s*$)"
    r"|(?:or|and) (?:more|less|fewer|above|over|up)\b|oder mehr|ou plus|o más|ou mais|o più"
    r"|или более"
    r"|以上|以下|未満|不到|超过|超過|超え|이상|이하|미만|초과",
    re.IGNORECASE,
)

# The model has no such part.
ABSENT = frozenset({
    "", "-", "–", "—", "−", "--", "---", "n/a", "na", "n.a.", "n.a", "none", "null", "nil", "no",
    "nan", "not applicable", "absent", "/", "\\", "✗", "✘", "❌", "×", "x", "无", "無", "否",
    "没有",
    "不适用", "なし", "無し", "該当なし", "없음", "해당 없음", "нет", "keine", "kein", "nein",
    "entfällt", "aucun", "aucune", "non", "sans objet", "ninguno", "no aplica", "nenhum", "não",
    "não se aplica", "nessuno", "không", "không có", "=", "#n/a",
})  # fmt: skip
# It may have one, and nobody says how large.
UNKNOWN_MARK = "?"
UNKNOWN = frozenset({
    UNKNOWN_MARK, "??", "???", "tbd", "tba", "tbc", "unknown", "undisclosed", "not disclosed",
    "unclear", "not public", "not published", "unpublished", "not specified", "unspecified",
    "pending", "todo",
    "n/d", "nd", "n.d.", "...", "…", "unbekannt", "k.a.", "k. a.", "keine angabe", "inconnu",
    "inconnue", "non communiqué", "non divulgué", "nc", "n.c.", "desconocido", "no divulgado",
    "desconhecido", "não divulgado", "sconosciuto", "неизвестно", "н/д", "не раскрыто", "未知",
    "未公开", "未公開", "未披露", "不详", "待定", "不明", "非公開", "非公开", "미공개", "비공개",
    "알 수 없음", "chưa công bố", "không rõ", "confidential", "proprietary", "private", "closed",
})  # fmt: skip
YES_NO: Mapping[str, int] = {
    **dict.fromkeys(
        _set(
            "yes y true on ✓ ✔ ✅ ☑ 是 有 はい あり 예 있음 да ja oui sí si sim sì có used "
            "wahr vrai verdadero verdadeiro vero истина 真 참"
        ),
        1,
    ),
    **dict.fromkeys(
        _set(
            "no n false off ✗ ✘ ❌ × 否 无 無 いいえ なし 아니오 없음 нет nein non não không "
            "falsch faux falso ложь 假 偽 거짓"
        ),
        0,
    ),
}

# What a number counts, by the word beside it. The signs are for words that touch their number.
LABELS: Mapping[str, str] = {
    word: label
    for label, words in {
        "active": "active activated activate activates act actif actifs active. actives activos "
                  "activas activado ativo ativos ativa attivo attivi attiva aktiv aktive "
                  "aktiviert актив актив. "
                  "активных активные активно 激活 激活参数 活性 活動 活跃 有効 アクティブ 활성 "
                  "활성화 kích_hoạt",
        "total": "total totals totali totale totaux gesamt insgesamt общ общ. всего 总 总计 总共 "
                 "總 総 合計 총 전체 tổng tot",
        "shared": "shared sharing s partagé partagés partages geteilt geteilte compartido "
                  "compartidos compartilhado condivisi condiviso общий общих 共享 共享专家 共有 "
                  "공유 chia_sẻ",
        "routed": "routed r routing routé routés geroutet geroutete enrutado enrutados roteado "
                  "roteados instradati маршрутизируемых 路由 路由专家 ルーティング ルーテッド "
                  "라우팅 định_tuyến",
        "experts": "experts expert e experten experte expertos experto especialistas esperti "
                   "эксперт эксперта экспертов 专家 專家 エキスパート 전문가 chuyên_gia",
        "chosen": "top-k topk top chosen selected select per_token per-token 选择 选中 選択 선택 "
                  "토큰당",
        "dense": "dense 稠密 密集 고밀도 dicht",
        "moe": "moe sparse",
        "query": "q query queries attention attn",
        "key-value": "kv k/v key-value key/value",
        "layers": "layer layers blocks 层 層 레이어 schichten couches capas слоёв слоев",
        "heads": "head heads",
        "groups": "group groups gruppen groupes grupos 组 組 그룹",
        "linear": "linear lightning mamba mamba2 deltanet delta kda gdn ssm recurrent rwkv",
    }.items()
    for word in words.split()
}  # fmt: skip
# Words that change nothing beside a number.
IGNORED = _set(
    "params param parameters parameter paramètres parámetros parametri параметров 参数 參數 "
    "파라미터 tokens token тoк ток. ток. トークン 토큰 dims dim channels flops flop fp8 fp16 bf16 "
    "fp32 fp4 nvfp4 mxfp4 int8 int4 native dims. 个 個 개 the per in of each "
    "gqa mqa mha mla swiglu geglu gelu relu gated vocab size width wide always + & and и und et y e"
)
