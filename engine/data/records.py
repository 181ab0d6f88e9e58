"""Drafts and datasets as they are stored: typed reads and writes, nothing else."""

from contextlib import suppress
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from engine import paths
from engine.cloud.storage import Document, Storage
from engine.data.dataset import Dataset, Draft
from engine.data.index import entries_of, line_of
from engine.data.mapping import Mapping
from engine.errors import AlreadyExists, BrokenState, Conflict, NotFound
from engine.index.entry import put
from engine.listing import ASK
from engine.names import quoted
from engine.sight import Eyes, sees

Model = TypeVar("Model", bound=BaseModel)

TRIES = 8
# A draft that only this release understands. The one before would read another warehouse, or query the rows anew.
NEWER_DRAFT = 2


def save_draft(storage: Storage, draft: Draft) -> Draft:
    """Store a new draft. Raises AlreadyExists if its id is taken."""
    storage.create(paths.draft(draft.id), _stored(draft), line=draft_line(draft))
    return draft


def _stored(draft: Draft) -> dict[str, Any]:
    """A draft's body. What an earlier release must not carry out without what it does not know has another version."""
    newer = draft.source.connection or draft.rows_of or draft.mapping_file or draft.rows_in
    return draft.model_dump(mode="json") | ({"schema_version": NEWER_DRAFT} if newer else {})


def draft_line(draft: Draft) -> dict[str, str]:
    """What a listing shows of a draft: which first form it is of, and where a dataset made of it would lie."""
    return {"origin": draft.origin or draft.id, "country": draft.country}


def read_draft(storage: Storage, draft_id: str, eyes: Eyes | None = None) -> Draft:
    """Return a draft. Raises NotFound, also where `draft_id` names none at all, or one that `eyes` do not see."""
    document = storage.read(paths.draft(draft_id)) if paths.is_draft(draft_id) else None
    if document is None or not sees(eyes, draft := _parse(Draft, document.body, document.path)):
        raise NotFound("That form is no longer known.", "Start again with /mmm dataset new.")
    return draft


def update_draft(storage: Storage, draft_id: str, **changes: Any) -> Draft:
    """Change fields of a draft (its columns, its view), whoever else is changing others. Returns it as stored."""
    for _ in range(TRIES):
        document = storage.require(paths.draft(draft_id), "That form is no longer known")
        draft = _parse(Draft, document.body, document.path).model_copy(update=changes)
        try:
            storage.swap(document.path, _stored(draft), document.generation, line=draft_line(draft))
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

    A step that is repeated finds the snapshot of its first try and leaves it alone. Its entries in the indexes come
    last, and again: they are views.
    """
    # An earlier try may have got this far; the manifest holds the mapping that counts.
    with suppress(AlreadyExists):
        storage.create(paths.mapping(dataset.country, dataset.ts), dataset.mapping)
    try:
        storage.create(paths.dataset_manifest(dataset.country, dataset.ts), dataset, line=line_of(dataset))
    except AlreadyExists:
        dataset = read_dataset(storage, dataset.id)
    for entry in entries_of(dataset):
        put(storage, entry)
    return dataset


def read_dataset(storage: Storage, dataset_id: str, eyes: Eyes | None = None) -> Dataset:
    """Return the snapshot called `country/ts`. Raises NotFound, also where `eyes` do not see it, BrokenState."""
    country, _, ts = dataset_id.partition("/")
    path = paths.dataset_manifest(country, ts)
    document = storage.read(path) if paths.dataset_of(path) else None
    if document is None or not sees(eyes, dataset := _dataset(document)):
        raise NotFound(
            f"There is no dataset {quoted(dataset_id)}.", "See the list with /mmm dataset list.", field="dataset_id"
        )
    return dataset


def title_of(storage: Storage, dataset_id: str) -> str:
    """Return what a dataset is called; its id where it cannot be read, so that what is told of it can be."""
    try:
        return read_dataset(storage, dataset_id).title
    except (BrokenState, NotFound):
        return dataset_id


def dataset_names(storage: Storage) -> list[str]:
    """Return the names in the bucket of all manifests, the newest first."""
    found = [entry.path for entry in storage.list(paths.DATASETS) if entry.path.endswith("/manifest.json")]
    return sorted(found, key=lambda path: path.split("/")[-2], reverse=True)


def dataset_at(storage: Storage, path: str) -> Dataset:
    """Read a manifest that a listing named. Raises NotFound if it vanished, BrokenState."""
    if not paths.dataset_of(path):
        raise BrokenState("A stored dataset has a name that none can have.", ASK, detail=path)
    return _dataset(storage.require(path, f"There is no {path}."))


def _dataset(document: Document) -> Dataset:
    dataset = _parse(Dataset, document.body, document.path)
    if (dataset.country, dataset.ts) != paths.dataset_of(document.path):
        raise BrokenState("A stored dataset has another one's name.", ASK, detail=f"{document.path}: {dataset.id}")
    return dataset


def _parse(model: type[Model], body: dict[str, Any], path: str) -> Model:
    version = body.get("schema_version", 1)
    if version not in ((1, NEWER_DRAFT) if model is Draft else (1,)):
        raise BrokenState("A stored object was written by a newer version.", ASK, detail=f"{path}: schema {version}")
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise BrokenState("A stored object cannot be read.", ASK, detail=f"{path}: {error}") from error
