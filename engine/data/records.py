"""Drafts and datasets as they are stored: typed reads and writes, nothing else."""

from contextlib import suppress
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from engine import paths
from engine.cloud.storage import Storage
from engine.data.dataset import Dataset, Draft, slug
from engine.data.mapping import Mapping
from engine.errors import AlreadyExists, BrokenState, Conflict, NotFound

Model = TypeVar("Model", bound=BaseModel)

TRIES = 8


def save_draft(storage: Storage, draft: Draft) -> Draft:
    """Store a new draft. Raises AlreadyExists if its id is taken."""
    storage.create(paths.draft(draft.id), draft)
    return draft


def read_draft(storage: Storage, draft_id: str) -> Draft:
    """Return a draft. Raises NotFound."""
    document = storage.require(paths.draft(draft_id), "That form is no longer known; start again with /mmm dataset new")
    return _parse(Draft, document.body, document.path)


def update_draft(storage: Storage, draft_id: str, **changes: Any) -> Draft:
    """Change fields of a draft (its columns, its view), whoever else is changing others. Returns it as stored."""
    for _ in range(TRIES):
        document = storage.require(paths.draft(draft_id), "That form is no longer known")
        draft = _parse(Draft, document.body, document.path).model_copy(update=changes)
        try:
            storage.swap(document.path, draft, document.generation)
        except Conflict:
            continue
        return draft
    raise Conflict(f"Draft {draft_id} is being changed by too many at once.", "Try again.")


def save_mapping(storage: Storage, draft_id: str, mapping: Mapping) -> Mapping:
    """Store the roles chosen for a draft, once. The same roles again are no error; others raise AlreadyExists."""
    chosen = Mapping.model_validate(mapping.model_dump())
    try:
        storage.create(paths.draft_mapping(draft_id), chosen)
    except AlreadyExists:
        if read_mapping(storage, draft_id) != chosen:
            raise AlreadyExists(
                "This form was already sent with other columns.", "Start again with /mmm dataset new to change them."
            ) from None
    return chosen


def read_mapping(storage: Storage, draft_id: str) -> Mapping:
    """Return the roles chosen for a draft. Raises NotFound."""
    document = storage.require(paths.draft_mapping(draft_id), "No columns were chosen for that form")
    return _parse(Mapping, document.body, document.path)


def save_dataset(storage: Storage, dataset: Dataset) -> Dataset:
    """Publish a snapshot: its mapping, then its manifest, which makes it exist. Returns the one that is stored.

    A step that is repeated finds the snapshot of its first try and leaves it alone.
    """
    # An earlier try may have got this far; the manifest holds the mapping that counts.
    with suppress(AlreadyExists):
        storage.create(paths.mapping(dataset.country, dataset.ts), dataset.mapping)
    try:
        storage.create(paths.dataset_manifest(dataset.country, dataset.ts), dataset)
    except AlreadyExists:
        return read_dataset(storage, dataset.id)
    return dataset


def read_dataset(storage: Storage, dataset_id: str) -> Dataset:
    """Return the snapshot called `country/ts`. Raises NotFound."""
    country, _, ts = dataset_id.partition("/")
    document = storage.read(paths.dataset_manifest(country, ts)) if ts and "/" not in ts else None
    if document is None:
        raise NotFound(
            f"There is no dataset “{dataset_id}”.", "See the list with /mmm dataset list.", field="dataset_id"
        )
    return _parse(Dataset, document.body, document.path)


def list_datasets(storage: Storage, limit: int | None = None) -> list[Dataset]:
    """Return the snapshots, newest first; only the newest `limit` are read."""
    ids = [
        "/".join(entry.path.split("/")[1:3])
        for entry in storage.list(paths.DATASETS)
        if entry.path.endswith("/manifest.json")
    ]
    ids.sort(key=lambda dataset_id: dataset_id.split("/")[1], reverse=True)
    return [read_dataset(storage, dataset_id) for dataset_id in ids[:limit]]


def find_dataset(storage: Storage, text: str) -> Dataset:
    """Return the newest dataset that `text` names: its id, its ts, its title or how that is written in paths.

    Raises NotFound, with the nearest titles.
    """
    wanted = text.strip().strip("“”\"'")
    if wanted.count("/") == 1:
        return read_dataset(storage, wanted)
    known = list_datasets(storage)
    names = slug(wanted)
    exact = [dataset for dataset in known if wanted in (dataset.ts, dataset.title)]
    alike = [dataset for dataset in known if slug(dataset.title) == names]
    begun = [dataset for dataset in known if slug(dataset.title).startswith(names) and names != "untitled"]
    if found := exact or alike or begun:
        return found[0]
    if not known:
        raise NotFound("There is no dataset yet.", "Make one with /mmm dataset new.", field="dataset_id")
    titles = {slug(dataset.title): dataset.title for dataset in known}
    near = [titles[name] for name in get_close_matches(names, titles, n=3)]
    todo = f"Did you mean {' or '.join(f'“{title}”' for title in near)}?" if near else "See /mmm dataset list."
    raise NotFound(f"There is no dataset called “{wanted}”.", todo, field="dataset_id")


def _parse(model: type[Model], body: dict[str, Any], path: str) -> Model:
    version = body.get("schema_version", 1)
    if version != 1:
        raise BrokenState("A stored object was written by a newer version.", detail=f"{path}: schema {version}")
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise BrokenState("A stored object cannot be read.", detail=f"{path}: {error}") from error
