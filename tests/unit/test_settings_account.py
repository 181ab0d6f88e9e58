"""The Snowflake account: what is taken for one, and what an address becomes."""

import pytest

from engine.settings import account_of


@pytest.mark.parametrize(
    ("given", "account"),
    [
        ("", ""),
        ("MYORG-MYACCOUNT", "MYORG-MYACCOUNT"),
        ("  abc123  ", "abc123"),
        ("abc123.eu-west-1", "abc123.eu-west-1"),
        ("abc123.eu-central-1.privatelink", "abc123.eu-central-1.privatelink"),
        ("https://abc123.snowflakecomputing.com", "abc123"),
        ("https://abc123.eu-west-1.snowflakecomputing.com/console#/x", "abc123.eu-west-1"),
        ("myorg-my_account.snowflakecomputing.com", "myorg-my_account"),
        ("HTTPS://MYORG-ACC.SNOWFLAKECOMPUTING.COM:443/", "MYORG-ACC"),
        ("https://app.snowflake.com/myorg/acc1/#/homepage", "myorg-acc1"),
    ],
)
def test_an_address_of_snowflake_s_becomes_the_account_in_it(given, account):
    assert account_of(given) == account


@pytest.mark.parametrize(
    "given", ["https://warehouse.example.com", "warehouse.example.com", "my org", "acc/1", "acc:443", "a@b"]
)
def test_what_holds_no_account_is_refused_with_what_to_write(given):
    with pytest.raises(ValueError, match="MYORG-MYACCOUNT"):
        account_of(given)
