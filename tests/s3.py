"""An S3 server on this machine: moto behind a real socket, so that the real client speaks to it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from moto.server import ThreadedMotoServer

BUCKET = "media"


class S3:
    """A running server with one empty bucket."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"
        self.url = f"s3://{BUCKET}/playbill"

    @property
    def environment(self) -> dict[str, str]:
        """What tells Playbill of it."""
        return {
            "PLAYBILL_MEDIA_URL": self.url,
            "AWS_ACCESS_KEY_ID": "playbill",
            "AWS_SECRET_ACCESS_KEY": "a secret of the tests",
            "AWS_ENDPOINT_URL": self.endpoint,
            "NO_PROXY": "127.0.0.1",
        }

    @property
    def options(self) -> dict[str, str]:
        """The same, as ``open_store`` takes it."""
        return {
            "aws_access_key_id": "playbill",
            "aws_secret_access_key": "a secret of the tests",
            "aws_endpoint_url": self.endpoint,
            "aws_region": "us-east-1",
        }

    def empty(self) -> None:
        """Forget everything, and make the bucket anew."""
        self._ask("POST", "/moto-api/reset")
        self._ask("PUT", f"/{BUCKET}")

    def _ask(self, method: str, path: str) -> None:
        answer = httpx.request(method, self.endpoint + path, trust_env=False, timeout=30)
        assert answer.status_code == 200, answer.text


@contextmanager
def running() -> Iterator[S3]:
    """Run the server on a free port."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        s3 = S3(server.get_host_and_port()[1])
        s3.empty()
        yield s3
    finally:
        server.stop()
