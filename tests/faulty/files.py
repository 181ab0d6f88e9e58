"""Files with the faults that real ones have: three of each kind and more, with what a careful person would read.

Each kind has a small made file beside the checkout where that is at hand, and others made here that differ in
words, marks or place.
"""

from typing import Final

from tests.faulty import dates, layouts, numbers

KINDS: Final = (
    numbers.comma_thousands,
    numbers.dot_thousands,
    dates.utc_stamps,
    layouts.long_by_channel,
    layouts.total_row,
    layouts.title_rows,
    layouts.two_headers,
    layouts.many_headers,
    numbers.money,
    numbers.no_category,
    layouts.country_names,
    dates.mixed_rhythm,
    dates.other_dates,
    dates.far_dates,
    layouts.odd_first_rows,
    dates.east_asian,
    layouts.on_its_side,
    dates.ends_of_weeks,
    numbers.counts_in_groups,
    numbers.other_money,
    dates.fiscal_periods,
    layouts.total_in_a_column_of_text,
    numbers.marks_for_nothing,
    numbers.kept_as_text,
)
FILES: Final = tuple(one for kind in KINDS for one in kind())
