"""`/mmm dataset download NAME [csv|parquet]`: a snapshot's rows as files, to whoever may have them."""

from bot.access import Role
from bot.act import Act, Reply, Whisper
from bot.asking import ask
from bot.data import versions_messages as messages
from bot.slack.blocks import Message, context, count, escape, section
from bot.slack.limits import clamp
from bot.slack.pictures import Pictures
from bot.wing import Command, Wing
from engine.data.countries import country_name
from engine.ports import Notice

KIND = "dataset_download"
NAMED = "/mmm dataset download NAME [csv|parquet]"
FORMATS = ("csv", "parquet")
AS_THEY_CAME = (
    "The rows are as they came from the source. In the CSV, a text that a spreadsheet would calculate with has an "
    "apostrophe before it."
)


async def download(act: Act) -> Reply:
    """Have the rows of a snapshot given out: of the one that was typed, or whose button was pressed."""
    words = act.text.split()
    wanted = [words.pop().lower()] if len(words) > 1 and words[-1].lower() in FORMATS else list(FORMATS)
    name = " ".join(words)
    if not name and not act.value:
        return Whisper(messages.which(NAMED))
    find, named = (act.seen.find_dataset, name) if name else (act.seen.dataset, act.value)
    dataset = await act.blocking(find, named)
    return await ask(act, KIND, {"dataset": dataset.id, "formats": wanted}, needs=Role.ANALYST, dataset=dataset)


def drawn(notice: Notice, pictures: Pictures) -> Message:
    """The answer: the files follow below it."""
    told = notice.data
    title = f"*{escape(clamp(told['title'], messages.NAME))}* · {country_name(told['country'])}"
    what = f"{count(told['rows'], 'row')} and {count(told['columns'], 'column')}, {told['first']} to {told['last']}"
    files = "The file follows" if told["files_given"] == 1 else "The files follow"
    notes = [*told["left_out"], AS_THEY_CAME]
    blocks = [section(f"{title}: {what}. {files}."), *(context(escape(note)) for note in notes)]
    return Message(f"{told['title']}: {what}. {files}.", blocks)


WING = Wing(
    commands=(
        Command(
            ("dataset", "download"),
            download,
            "Get a snapshot's rows as CSV and Parquet.",
            "NAME [csv|parquet]",
            needs=Role.ANALYST,
        ),
    ),
    buttons=((messages.DOWNLOAD, download, Role.ANALYST),),
)
