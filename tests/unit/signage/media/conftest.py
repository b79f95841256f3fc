from pathlib import Path

import pytest

from signage.media import storage
from tests import s3


@pytest.fixture
def store(tmp_path: Path) -> storage.MediaStore:
    return storage.open_store(tmp_path)


@pytest.fixture
def bucket(tmp_path: Path, s3_server: s3.S3) -> storage.MediaStore:
    """A bucket of the S3 server, empty."""
    s3_server.empty()
    return storage.open_store(tmp_path, s3_server.url, s3_server.options)
