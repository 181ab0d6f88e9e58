"""Sample data made by us from a known truth: three countries, three years, daily.

Nothing in it describes a real company. `truth` says what a model ought to find.
"""

from local.sample.daily import daily, truth
from local.sample.markets import MARKETS
from local.sample.warehouse import write_truth, write_warehouse
from local.sample.weekly import weekly, weekly_csv

__all__ = ["MARKETS", "daily", "truth", "weekly", "weekly_csv", "write_truth", "write_warehouse"]
