"""`/mmm dataset …`: what people type, press and fill in about datasets."""

from bot.access import Role
from bot.act import Act, Reply, Whisper
from bot.data import again, dropped, mapping_form, mapping_more, messages, modals, roles, source
from bot.data.offers import CHOOSE
from bot.wing import Command, Wing

# So many of the newest are counted; fewer are shown.
LISTED = 100


async def listed(act: Act) -> Reply:
    found = await act.blocking(act.seen.datasets, LISTED)
    return Whisper(messages.listing(found, found.beside))


async def show(act: Act) -> Reply:
    """One dataset, by what was typed or by a button."""
    wanted = act.text or act.value
    if not wanted:
        return await listed(act)
    return Whisper(messages.shown(await act.blocking(act.seen.find_dataset, wanted)))


WING = Wing(
    commands=(
        Command(
            ("dataset", "new"),
            source.new,
            "Make a dataset from a file, a table or a SELECT.",
            "[NAME]",
            needs=Role.ANALYST,
        ),
        Command(("dataset", "list"), listed, "Show the datasets.", needs=Role.VIEWER),
        Command(("dataset", "show"), show, "Show one dataset and the roles of its columns.", "NAME", needs=Role.VIEWER),
    ),
    buttons=(
        ("start_dataset", source.new, Role.ANALYST),
        ("dataset_show", show, Role.VIEWER),
        ("dataset_remap", roles.remap, Role.ANALYST),
        ("dataset_from_file", dropped.use, Role.ANALYST),
        ("dataset_replace", source.replace, Role.ANALYST),
        ("dataset_accept", again.accept, Role.ANALYST),
        ("dataset_again", again.again, Role.ANALYST),
        (CHOOSE, again.choose, Role.ANALYST),
        ("kind", source.change_kind, Role.ANALYST),
        ("connection", source.change_kind, Role.ANALYST),
        ("table", source.table_chosen, Role.ANALYST),
        ("paid_media_spends", roles.change_spends, Role.ANALYST),
        (mapping_form.MORE, roles.change_more, Role.ANALYST),
        (mapping_more.ABOUT, roles.change_about, Role.ANALYST),
    ),
    shortcuts=(("new_dataset", source.new, Role.ANALYST), ("message_dataset", source.new_from_message, Role.ANALYST)),
    # Slack tells of every file, whoever dropped it: who may not use it is not bothered.
    events=(("file_shared", dropped.shared, Role.NONE),),
    forms=((modals.SOURCE, source.source_sent, Role.ANALYST), (mapping_form.MAPPING, roles.mapping_sent, Role.ANALYST)),
    searches=(
        ("country", source.search_country, Role.ANALYST),
        ("table", source.search_table, Role.ANALYST),
        *(
            (name, roles.search_column, Role.ANALYST)
            for name in ("date_var", "dep_var", "paid_media_spends", "organic_vars")
        ),
        *(
            (name, roles.search_column, Role.ANALYST)
            for name in ("context_vars", "factor_vars", "country_var", mapping_form.EXPOSURE, mapping_more.ABOUT)
        ),
        *((name, roles.search_column, Role.ANALYST) for name in (mapping_more.GOALS_MONEY, mapping_more.GOALS_COUNT)),
    ),
)
