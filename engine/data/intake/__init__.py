"""Reading what people drop: from bytes to typed columns, with every doubt told.

The way of a file, room by room:

    file        inspect and to_parquet: the whole way, twice over the rows
    formats     which kind of file it is (unpack, workbook, workbook_scan, parquet_file, text_file: dialect, encodings)
    rows        what each of them gives: the number that a spreadsheet shows, and cells as text
    layout      where the table lies (header, cells), and what among its rows is no part of it (aside, totals)
    column      what a column is: numbers, dates, yes/no or text, told by all of its values
      numbers   how they are written (numerals, units, unit_tally, marks, file_marks; number_doubts and side_by_side)
      days      which days they are (numbered_days, stamps; date_columns, date_parts: dates over several columns)
    reshape     one row per channel: recognised (long, grouped), and turned into columns (widen)

`facts` is what is asked and what is found, `choices` spells what a person may decide instead; `missing`, `bad` and
`likeness` are shared by all kinds of columns.
"""
