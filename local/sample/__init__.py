"""Sample data made by us from a known truth: three countries, three years, daily."""
