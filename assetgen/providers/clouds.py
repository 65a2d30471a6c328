"""What the user config says of an object store, checked and opened; asks no store anything.

The credentials come from the environment alone, from the variables that the library itself reads:

- `s3://bucket/folder` (also R2, MinIO and others, with `endpoint` and mostly `region`):
  `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, with `AWS_SESSION_TOKEN` where there is one; or
  the role of the machine or container. Files under `~/.aws` and profiles are not read. An address
  signed with a session's credentials ends with the session.
- `gs://bucket/folder`: `GOOGLE_SERVICE_ACCOUNT`, the path of a service account's key file, or
  `GOOGLE_SERVICE_ACCOUNT_KEY`, its text. A login of a person (`gcloud auth`) cannot sign; the
  service account of a machine signs if it has the role Service Account Token Creator on itself.
- `az://container/folder`: `AZURE_STORAGE_ACCOUNT_NAME` and `AZURE_STORAGE_ACCOUNT_KEY`; or
  `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET` and `AZURE_TENANT_ID` of an application with the role
  Storage Blob Data Contributor. A shared access signature can put, but not sign.

They need leave to put and to read objects, not to list or delete them. Objects are named after
their bytes and never replaced; a rule of the bucket may remove them after some days.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from obstore.store import AzureStore, GCSStore, S3Store

from assetgen.config import Hosting
from assetgen.errors import Kind, Problem, UsageError, did_you_mean
from assetgen.graph import NOTHING
from assetgen.providers.address import is_loopback, origin_of

MAX_EXPIRES = 7 * 24 * 3600
"""Seconds: more is refused by S3 and Google (version 4 of their signatures)."""

BAD_STORE = Kind(
    "bad-hosting-store",
    "store in [hosting] is not an object store's address: {what}",
    "write s3://bucket/folder, gs://bucket/folder or az://container/folder",
)
BAD_ENDPOINT = Kind(
    "bad-hosting-endpoint",
    "the object store's endpoint cannot be used: {what}",
    "set endpoint in [hosting] to an https address, or to http on this machine",
)
BAD_REGION = Kind(
    "bad-hosting-region",
    "region in [hosting] cannot be used: {what}",
    "write it as the store does, such as eu-central-1 or auto; only s3 has one",
)
BAD_EXPIRES = Kind(
    "bad-hosting-expires",
    "expires in [hosting] is {seconds} seconds, but no store signs for more than {most}",
    "write fewer; an hour is enough for most services",
)
BAD_CREDENTIAL = Kind(
    "bad-hosting-credential",
    "{variable} holds a line break, or a blank at an end",
    "set it again, to the value alone; it is not shown here",
)
NOT_OPENED = Kind("hosting-not-opened", "{where} cannot be used with what is set", "{step}")

Store = S3Store | GCSStore | AzureStore
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Cloud:
    """One kind of object store.

    Attributes:
        open: makes the library's store from a bucket and settings; asks nothing of it.
        endpoint: the library's word for where the store is.
        variables: how the names of its environment variables begin.
        needs: what to do where credentials are missing or refused.
    """

    open: Callable[..., Store]
    endpoint: str
    variables: str
    needs: str


CLOUDS: Mapping[str, Cloud] = {
    "s3": Cloud(
        S3Store,
        # this name wins over all that the environment may say
        "aws_endpoint_url_s3",
        "AWS_",
        "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    "gs": Cloud(
        GCSStore,
        "base_url",
        "GOOGLE_",
        "set GOOGLE_SERVICE_ACCOUNT to the key file of a service account",
    ),
    "az": Cloud(
        AzureStore,
        "endpoint",
        "AZURE_",
        "check AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    ),
}

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}\Z")
_FOLDER = re.compile(r"(?!\.{1,2}(?:/|\Z))[\w.=+,()!' -]+\Z")
_REGION = re.compile(r"[A-Za-z0-9-]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class Folder:
    """An open folder of a store: its address for messages, and what its credentials need."""

    where: str
    store: Store
    needs: str


def open_folder(
    hosting: Hosting,
    settings: Mapping[str, Any] = NOTHING,
    environ: Mapping[str, str] = os.environ,
) -> Folder:
    """Return the folder that ``hosting`` names.

    ``settings`` are the library's own and win over the environment, which the library reads by
    itself; ``environ`` is only looked through for values that it could not bear. Raises UsageError.
    """
    scheme, bucket, folder = _parts(hosting.store)
    _check(hosting, scheme)
    cloud = CLOUDS[scheme]
    _check_variables(environ, cloud.variables)
    where = f"{scheme}://{bucket}/{folder}".rstrip("/")
    config = dict(settings)
    if hosting.endpoint:
        config[cloud.endpoint] = hosting.endpoint.rstrip("/")
    if hosting.region:
        config["region"] = hosting.region
    options = {
        "allow_http": hosting.endpoint.startswith("http:"),
        "connect_timeout": timedelta(seconds=5),
        "timeout": timedelta(seconds=120),
    }
    retries = {"max_retries": 2, "retry_timeout": timedelta(seconds=60)}
    store = guarded(
        lambda: cloud.open(
            bucket,
            prefix=folder or None,
            config=config,
            client_options=options,
            retry_config=retries,
        ),
        lambda error: UsageError(
            Problem(NOT_OPENED, facts={"where": where, "step": cloud.needs}),
        ),
    )
    return Folder(where, store, cloud.needs)


def _parts(text: str) -> tuple[str, str, str]:
    """Return scheme, bucket and folder of a store's address. Raises UsageError."""
    scheme, found, rest = text.partition("://")
    bucket, _, folder = rest.partition("/")
    folder = folder.strip("/")
    if not found:
        what = "it has no '://'"
    elif scheme not in CLOUDS:
        what = f"'{scheme}' is no kind of store ({did_you_mean(scheme, CLOUDS)})"
    elif "@" in bucket or ":" in bucket:
        what = "credentials and ports do not belong there"
    elif not _BUCKET.match(bucket):
        what = f"'{bucket}' cannot be a bucket's name"
    elif not all(map(_FOLDER.match, folder.split("/"))) and folder:
        what = f"'{folder}' cannot be a folder there"
    else:
        return scheme, bucket, folder
    raise UsageError(Problem(BAD_STORE, facts={"what": what}))


def _check(hosting: Hosting, scheme: str) -> None:
    """Raise UsageError for an endpoint, a region or a time that no store takes."""
    if hosting.endpoint:
        check_address(hosting.endpoint)
    if hosting.region and (scheme != "s3" or not _REGION.match(hosting.region)):
        what = f"'{hosting.region}'" if scheme == "s3" else f"'{scheme}' has none"
        raise UsageError(Problem(BAD_REGION, facts={"what": what}))
    if hosting.expires > MAX_EXPIRES:
        facts = {"seconds": hosting.expires, "most": MAX_EXPIRES}
        raise UsageError(Problem(BAD_EXPIRES, facts=facts))


def _check_variables(environ: Mapping[str, str], prefix: str) -> None:
    """Raise UsageError for a value that cannot go into a header: the library would crash."""
    for variable, value in environ.items():
        if not variable.startswith(prefix) or value.startswith("{"):  # a key file's text has lines
            continue
        if value != value.strip() or not value.isprintable():
            raise UsageError(Problem(BAD_CREDENTIAL, facts={"variable": variable}))


def check_address(address: str) -> None:
    """Raise UsageError for what pictures and credentials must not travel to."""
    origin = origin_of(address)
    if origin is None:
        what = "it is no address of a server"
    elif origin[0] != "https" and not (origin[0] == "http" and is_loopback(address)):
        what = f"{origin[0]} to {origin[1]} is not https"
    else:
        return
    raise UsageError(Problem(BAD_ENDPOINT, facts={"what": what}))


def guarded(call: Callable[[], _T], failure: Callable[[BaseException], Exception]) -> _T:
    """Return what ``call`` gives; whatever the library raises becomes ``failure`` of it.

    Its texts are never passed on: they may hold an address with a signature.
    """
    try:
        return call()
    except Exception as error:
        raise failure(error) from None
    except BaseException as error:
        # A panic of the library is no Exception, so that nobody else may catch it.
        if type(error).__module__ != "pyo3_runtime":
            raise
        raise failure(error) from None
