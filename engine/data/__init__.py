"""Datasets: where the numbers come from, what each column means and whether they can be modelled."""
