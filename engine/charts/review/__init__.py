"""Charts of what the rows of a dataset show: one file a chart, a look in and a drawing out."""
