"""Who answers what is asked, by the kind of the question. Each is imported when it is asked for the first time."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module

from engine.pipeline.answer import Answer, Answering, Work

# By kind: the module and its function.
ANSWERERS: dict[str, tuple[str, str]] = {
    "map_download": ("engine.pipeline.mapping_sheet", "answer_sheet"),
    "recipe_card": ("engine.pipeline.recipe_answers", "card"),
    "recipe_preview": ("engine.pipeline.recipe_answers", "card"),
    "recipe_table": ("engine.pipeline.recipe_answers", "table"),
    "recipe_read": ("engine.pipeline.recipe_answers", "read_table"),
    "dataset_diff": ("engine.pipeline.differences", "answer_diff"),
    "dataset_download": ("engine.pipeline.download", "answer_download"),
    "cache_cleared": ("engine.pipeline.clear_cache", "clear_cache"),
    "check": ("engine.pipeline.checked", "findings"),
    "check_columns": ("engine.pipeline.checked", "columns"),
    "check_pictures": ("engine.pipeline.checked", "pictures"),
    "review": ("engine.pipeline.review", "review"),
    "driver": ("engine.pipeline.drivers", "answer_driver"),
    "connection_test": ("engine.pipeline.try_connection", "try_connection"),
    "connection_rows": ("engine.pipeline.try_connection", "first_rows"),
}


class Answers(Mapping[str, Answering]):
    """The answerers by kind."""

    def __getitem__(self, kind: str) -> Answering:
        module, name = ANSWERERS[kind]

        def answering(work: Work) -> Answer:
            make: Callable[[Work], Answer] = getattr(import_module(module), name)
            return make(work)

        return answering

    def __iter__(self) -> Iterator[str]:
        return iter(ANSWERERS)

    def __len__(self) -> int:
        return len(ANSWERERS)
