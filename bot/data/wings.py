"""What the data wing answers to, noun by noun."""

from bot.data import check, commands, diff, download, map, prepare, review, versions

WINGS = (
    commands.WING,
    versions.WING,
    diff.WING,
    download.WING,
    check.WING,
    review.WING,
    map.WING,
    prepare.WING,
)
