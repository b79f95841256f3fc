"""Where media go besides the data directory, and what a bucket there asks for.

The names are those that the vendors' own tools read, so that what works with them works here.
"""

from collections.abc import Mapping

OPTIONS: dict[str, tuple[str, ...]] = {
    "s3": (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
        "AWS_SKIP_SIGNATURE",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_SERVER_SIDE_ENCRYPTION",
        "AWS_SSE_KMS_KEY_ID",
    ),
    "gs": (
        "GOOGLE_APPLICATION_CREDENTIALS",
        "GOOGLE_SERVICE_ACCOUNT",
        "GOOGLE_SERVICE_ACCOUNT_KEY",
    ),
    "az": (
        "AZURE_STORAGE_ACCOUNT_NAME",
        "AZURE_STORAGE_ACCOUNT_KEY",
        "AZURE_STORAGE_SAS_KEY",
        "AZURE_STORAGE_TOKEN",
        "AZURE_STORAGE_ENDPOINT",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
        "AZURE_TENANT_ID",
        "AZURE_FEDERATED_TOKEN_FILE",
    ),
    "file": (),
}
REGION_WHERE_NONE_IS_MEANT = "us-east-1"


def is_media_url(url: str) -> bool:
    """Return whether media can be kept there."""
    scheme, separator, rest = url.partition("://")
    return bool(separator and rest) and scheme in OPTIONS


def media_options(environment: Mapping[str, str], url: str | None) -> dict[str, str]:
    """Return the settings of the bucket at ``url`` that the environment holds, in lower case."""
    scheme = (url or "file://").partition("://")[0]
    found = {
        name.lower(): environment[name] for name in OPTIONS.get(scheme, ()) if environment.get(name)
    }
    named = "aws_region" in found or "aws_default_region" in found
    if not named and any(name.startswith("aws_endpoint_url") for name in found):
        # Servers of one's own have no regions, but signatures name one.
        found["aws_region"] = REGION_WHERE_NONE_IS_MEANT
    return found
