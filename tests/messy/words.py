"""The same six dimensions under the words of eleven languages."""

from __future__ import annotations

from tests.messy.form import Messy, book, reads

FIELDS = (
    "hidden_size", "vocab_size", "num_attention_heads", "num_key_value_heads",
    "num_shared_experts", "first_k_dense_replace",
)  # fmt: skip
HEADERS = {
    "en": ["Model", "Model width", "Vocabulary size", "Attention heads", "KV heads",
           "Shared experts", "Dense layers"],
    "de": ["Modell", "Verborgene Dimension", "Vokabulargröße", "Aufmerksamkeitsköpfe", "KV-Köpfe",
           "Geteilte Experten", "Dichte Schichten"],
    "fr": ["Modèle", "Dimension cachée", "Taille du vocabulaire", "Têtes d’attention", "Têtes KV",
           "Experts partagés", "Couches denses"],
    "es": ["Modelo", "Dimensión oculta", "Tamaño del vocabulario", "Cabezas de atención",
           "Cabezas KV", "Expertos compartidos", "Capas densas"],
    "pt": ["Modelo", "Dimensão oculta", "Tamanho do vocabulário", "Cabeças de atenção",
           "Cabeças KV", "Especialistas compartilhados", "Camadas densas"],
    "it": ["Modello", "Dimensione nascosta", "Dimensione del vocabolario", "Teste di attenzione",
           "Teste KV", "Esperti condivisi", "Strati densi"],
    "ru": ["Модель", "Скрытая размерность", "Размер словаря", "Головы внимания", "Головы KV",
           "Общие эксперты", "Плотные слои"],
    "zh": ["模型", "隐藏层维度", "词表大小", "注意力头数", "KV头数", "共享专家数", "稠密层数"],
    "ja": ["モデル", "隠れ層の次元", "語彙数", "アテンションヘッド数", "KVヘッド数",
           "共有エキスパート数", "密な層の数"],
    "ko": ["모델", "은닉 차원", "어휘 크기", "어텐션 헤드 수", "KV 헤드 수", "공유 전문가 수",
           "밀집 레이어 수"],
    "vi": ["Mô hình", "Kích thước ẩn", "Kích thước từ vựng", "Số đầu chú ý", "Số đầu KV",
           "Số chuyên gia dùng chung", "Số lớp dày đặc"],
}  # fmt: skip
COUNTED = ("Layers", "Experts", "Top-k")

WORDS = [
    Messy(
        f"dimensions {language}.xlsx",
        book(
            [*headers, *COUNTED],
            ["GLM-4.5", 5120, 151552, 96, 8, 1, 3, 92, 160, 8],
            ["GLM-4.5-Air", 4096, 151552, 96, 8, 1, 1, 46, 128, 8],
        ),
        reads(" ".join((*FIELDS, "num_hidden_layers num_experts num_experts_per_tok")),
              ("GLM-4.5", 5120, 151552, 96, 8, 1, 3, 92, 160, 8),
              ("GLM-4.5-Air", 4096, 151552, 96, 8, 1, 1, 46, 128, 8)),
        maybe=dict(zip(headers[1:], FIELDS, strict=True)),
    )
    for language, headers in HEADERS.items()
]  # fmt: skip
