"""What the data wing answers to, noun by noun."""

from bot.data import (
    check,
    commands,
    connect,
    countries,
    delete,
    diff,
    download,
    driver,
    map,
    map_file,
    map_patterns,
    map_versions,
    prepare,
    refresh,
    review,
    versions,
)

WINGS = (
    commands.WING,
    countries.WING,
    refresh.WING,
    versions.WING,
    diff.WING,
    download.WING,
    delete.WING,
    check.WING,
    review.WING,
    map.WING,
    map_file.WING,
    map_patterns.WING,
    map_versions.WING,
    driver.WING,
    prepare.WING,
    connect.WING,
)
