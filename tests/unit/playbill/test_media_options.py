"""Where media are kept, as the environment says it."""

from pathlib import Path

import pytest

from playbill.config import WrongSetting, from_environment
from playbill.media_options import media_options

SECRET = "x" * 32


def test_a_bucket_gets_its_vendors_settings_and_no_others():
    environment = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "eu-west-1",
        "AWS_PROFILE": "mine",
        "AZURE_STORAGE_ACCOUNT_KEY": "other",
        "AWS_SESSION_TOKEN": "",
    }

    assert media_options(environment, "s3://media") == {
        "aws_access_key_id": "key",
        "aws_secret_access_key": "secret",
        "aws_region": "eu-west-1",
    }
    assert media_options(environment, "az://media") == {"azure_storage_account_key": "other"}
    assert media_options(environment, None) == {}


def test_a_server_of_ones_own_needs_no_region():
    found = media_options({"AWS_ENDPOINT_URL": "http://127.0.0.1:9000"}, "s3://media")

    assert found == {"aws_endpoint_url": "http://127.0.0.1:9000", "aws_region": "us-east-1"}


def test_the_settings_hold_them(tmp_path: Path):
    environment = {"PLAYBILL_DATA_DIR": str(tmp_path), "PLAYBILL_SECRET_KEY": SECRET}
    bucket = {"PLAYBILL_MEDIA_URL": "s3://media/shop", "AWS_REGION": "eu-west-1"}

    assert from_environment(environment).media_url is None
    config = from_environment(environment | bucket)
    assert (config.media_url, config.media_options) == (
        "s3://media/shop",
        {"aws_region": "eu-west-1"},
    )


@pytest.mark.parametrize("url", ["media", "ftp://media", "s3:", "s3://", "https://example.com/x"])
def test_another_place_is_refused_by_name(tmp_path: Path, url: str):
    environment = {"PLAYBILL_DATA_DIR": str(tmp_path), "PLAYBILL_SECRET_KEY": SECRET}

    with pytest.raises(WrongSetting, match="PLAYBILL_MEDIA_URL"):
        from_environment(environment | {"PLAYBILL_MEDIA_URL": url})
