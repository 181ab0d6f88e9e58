"""The bench of a check measures what it says: every column told, remedies tried, in seconds of the processor."""

from bench.check import made, measure


def test_the_data_of_the_bench_have_something_to_find_in_every_rule_that_takes_time() -> None:
    frame = made(400, 20)
    assert frame.shape == (400, 20)
    assert (frame["CHANNEL1_COST"] == 1.19 * frame["CHANNEL0_COST"]).all()
    assert frame.isna().any().any()


def test_a_measure_tells_what_was_done() -> None:
    found = measure(400, 20)
    assert found["columns_told"] == 19
    assert found["findings"] > 5 and found["remedies"] > 5
    assert found["cpu_seconds"] > 0 and found["clock_seconds"] > 0
