"""What `/mmm prepare` is answered with: a recipe's result on a snapshot, and its table of columns, out and back in."""

from typing import Any, Final

from engine.charts import prepared as chart
from engine.data.countries import country_name
from engine.data.dataset import Dataset
from engine.data.given_csv import as_csv
from engine.data.recipe import Recipe, new_columns, recipe_of
from engine.data.recipe_preview import Result, preview
from engine.data.recipe_problems import gone_from, problems, refuse
from engine.data.recipe_table import MOST_BYTES, table_of, with_table
from engine.data.recipe_words import differences
from engine.data.recipes import (
    SavedRecipe,
    approval_of,
    edit_open,
    read_open,
    read_saved,
    recipe_id,
    saved_recipes,
)
from engine.data.records import read_dataset
from engine.errors import BadInput, NotFound
from engine.pipeline.answer import Answer, Given, Picture, Work
from engine.pipeline.differences import file_name
from engine.pipeline.rows import raw_of

Json = dict[str, Any]
TABLE: Final = "recipe.csv"


def card(work: Work) -> Answer:
    """A recipe on a snapshot: the saved one that is named, else the one that is being worked on."""
    dataset = read_dataset(work.cloud.storage, str(work.about["dataset"]))
    return _card(work, dataset)


def table(work: Work) -> Answer:
    """Give out what a recipe says of each column."""
    dataset = read_dataset(work.cloud.storage, str(work.about["dataset"]))
    recipe, saved = _recipe(work, dataset)
    head, rows = table_of(recipe, _results(work, dataset, recipe))
    number = f"-{saved.number}" if saved else ""
    given = Given(f"{file_name(dataset)}-recipe{number}.csv", f"{dataset.title[:150]}: recipe", as_csv(head, rows))
    return Answer({**_named(dataset), "columns": len(rows)}, files=[given])


def _results(work: Work, dataset: Dataset, recipe: Recipe) -> dict[str, str]:
    """What the recipe makes of each column: all that was filled, clipped, found; nothing where it cannot be applied."""
    try:
        made = preview(raw_of(work.cloud, dataset, work.folder), dataset, recipe, today=work.clock.now().date()).preview
    except BadInput:
        return {}
    told: dict[str, list[str]] = {}
    for one in (*made.stops, *made.to_see, *made.accepted, *made.done, *made.notes):
        if one.column:
            told.setdefault(one.column, []).append(one.text)
    return {name: " ".join(texts) for name, texts in told.items()}


def read_table(work: Work) -> Answer:
    """Take an edited table into the recipe that is being worked on, all of it or nothing, and show what it makes."""
    dataset = read_dataset(work.cloud.storage, str(work.about["dataset"]))
    path = work.folder / TABLE
    work.files.fetch(str(work.about["file"]), path, MOST_BYTES)
    data = path.read_bytes()
    columns = [*(column.name for column in dataset.columns), *(one.name for one in dataset.mapping.made)]

    def edit(recipe: Recipe) -> Recipe:
        edited = with_table(recipe, data, columns)
        refuse(problems(edited, dataset.mapping, dataset.columns, dataset.choices, dataset.interval))
        return edited

    edit_open(work.cloud.storage, _family(work), dataset, edit, who=work.ask.who, at=work.clock.now())
    return _card(work, dataset)


def _card(work: Work, dataset: Dataset) -> Answer:
    recipe, saved = _recipe(work, dataset)
    storage, family = work.cloud.storage, _family(work)
    newest = saved_recipes(storage, family, limit=1)
    told: Json = {
        **_named(dataset),
        "recipe": recipe.model_dump(mode="json"),
        "digest": recipe.digest,
        "new_columns": list(new_columns(recipe, dataset.mapping)),
        "newest": newest[0].number if newest else 0,
        "gone": len(gone_from(recipe, dataset)),
        "problems": [],
        **_against(work, dataset, recipe, saved),
        **_of_saved(work, saved),
    }
    try:
        made = preview(raw_of(work.cloud, dataset, work.folder), dataset, recipe, today=work.clock.now().date())
    except BadInput as error:
        # A recipe that cannot be applied is shown, with what keeps it from that: else nobody could mend it.
        return Answer({**told, "preview": None, "problems": list(error.problems) or [str(error)]})
    return Answer({**told, "preview": made.preview.model_dump(mode="json")}, _picture(made, dataset, recipe))


def _picture(made: Result, dataset: Dataset, recipe: Recipe) -> list[Picture]:
    units = (made.preview.interval_before, made.preview.interval)
    footer = f"{dataset.title}, {country_name(dataset.country)}"
    drawing = chart.draw(made.before, made.after, goal=recipe.goal, units=units, footer=footer)
    if drawing is None:
        return []
    done = drawing.chart("post")
    return [Picture(done.name, done.title, done.alt, done.png)]


def _recipe(work: Work, dataset: Dataset) -> tuple[Recipe, SavedRecipe | None]:
    storage = work.cloud.storage
    if wanted := str(work.about.get("saved") or ""):
        saved = read_saved(storage, wanted)
        return saved.recipe, saved
    return read_open(storage, _family(work), dataset).recipe, None


def _against(work: Work, dataset: Dataset, recipe: Recipe, saved: SavedRecipe | None) -> Json:
    """What differs from the version before; from the data as they are, where there is none."""
    storage, family = work.cloud.storage, _family(work)
    number = saved.number - 1 if saved else read_open(storage, family, dataset).number
    before = recipe_of(dataset.mapping)
    if number:
        try:
            before = read_saved(storage, recipe_id(saved.family if saved else family, number)).recipe
        except NotFound:
            number = 0
    return {"against": number, "differences": differences(before, recipe)}


def _of_saved(work: Work, saved: SavedRecipe | None) -> Json:
    if saved is None:
        return {"saved": None, "approved": None}
    approval = approval_of(work.cloud.storage, saved)
    told = saved.model_dump(mode="json", include={"number", "who", "created_at", "note"}) | {"id": saved.id}
    return {"saved": told, "approved": approval.model_dump(mode="json") if approval else None}


def _named(dataset: Dataset) -> Json:
    return {"dataset": dataset.id, "title": dataset.title, "country": dataset.country}


def _family(work: Work) -> str:
    return str(work.about["family"])
