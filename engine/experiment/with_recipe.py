"""An experiment with its recipe: what that says of rhythm and window counts; what it does not say, the form says."""

from engine.data.dataset import Dataset
from engine.data.recipe import Recipe, mapping_with
from engine.experiment.experiment import ExperimentForm, Resample


def decided_by(recipe: Recipe | None) -> frozenset[str]:
    """Return the form's parameters that a recipe decides."""
    if recipe is None:
        return frozenset()
    said = {"resample_freq": recipe.resample != "none", "start_date": recipe.start, "end_date": recipe.end}
    return frozenset(name for name, decided in said.items() if decided)


def with_recipe(form: ExperimentForm, dataset: Dataset, recipe: Recipe | None) -> tuple[ExperimentForm, Dataset]:
    """Return form and dataset as they are trained: with the recipe's rhythm and window, its goal and its columns."""
    if recipe is None:
        return form, dataset
    rhythm: Resample = "none" if recipe.resample == "D" else recipe.resample
    said = {"resample_freq": rhythm, "start_date": recipe.start, "end_date": recipe.end}
    decided = {name: value for name, value in said.items() if name in decided_by(recipe)}
    mapping = mapping_with(recipe, dataset.mapping)
    # What the check found about another goal says nothing of this one.
    was = dataset.mapping.dep_var
    findings = tuple(one for one in dataset.findings if mapping.dep_var == was or one.column != was)
    return form.model_copy(update=decided), dataset.model_copy(update={"mapping": mapping, "findings": findings})
