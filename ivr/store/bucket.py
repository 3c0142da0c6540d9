"""A shelf in a bucket of S3, or of what speaks as S3 does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Final, Literal

from ivr.store.shelf import checked

CONNECT_SECONDS: Final = 3.05
READ_SECONDS: Final = 20.0
NOT_INSTALLED: Final = "RECORDINGS_URL needs what is not installed: pip install -e '.[s3]'"
NOT_THERE: Final = ("404", "NoSuchKey", "NotFound")


class BucketError(OSError):
    """The bucket did not do it; the text says why."""


@dataclass(frozen=True)
class Bucket:
    """A bucket, and how the names in it begin; without a key and secret, as the machine itself is known there."""

    name: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    key: str = ""
    secret: str = field(default="", repr=False)

    @contextmanager
    def put(self, name: str) -> Iterator[BinaryIO]:
        """Write aside, sealed as it is by then, and send it when it is whole."""
        place = self._place(name)
        with TemporaryFile() as file:
            yield file
            file.seek(0)
            with _plainly():
                self.client.upload_fileobj(file, self.name, place)

    def size(self, name: str) -> int | None:
        """Return its length."""
        place = self._place(name)
        try:
            with _plainly():
                return int(self.client.head_object(Bucket=self.name, Key=place)["ContentLength"])
        except FileNotFoundError:
            return None

    def read(self, name: str, start: int, length: int) -> bytes:
        """Return a piece of it."""
        place, wanted = self._place(name), f"bytes={start}-{start + length - 1}"
        with _plainly():
            found = self.client.get_object(Bucket=self.name, Key=place, Range=wanted)
            data: bytes = found["Body"].read()
        return data

    def delete(self, name: str) -> None:
        """Remove it."""
        place = self._place(name)
        with _plainly():
            self.client.delete_object(Bucket=self.name, Key=place)

    def names(self, room: str) -> Iterator[str]:
        """Yield what the bucket lists, a page at a time."""
        with _plainly():
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.name, Prefix=f"{self.prefix}{room}/"
            )
            for page in pages:
                yield from (one["Key"].removeprefix(self.prefix) for one in page.get("Contents", ()))

    def _place(self, name: str) -> str:
        return self.prefix + checked(name)

    @cached_property
    def client(self) -> Any:
        """Return Amazon's own client, which takes a while to import and 20 MB, so not before it is needed."""
        import boto3
        from botocore.config import Config

        style: Literal["path", "auto"] = "path" if self.endpoint else "auto"
        # Not all that speak as S3 does know Amazon's newer sums; what is sealed needs none.
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 3, "mode": "standard"},
            s3={"addressing_style": style},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint or None,
            region_name=self.region,
            aws_access_key_id=self.key or None,
            aws_secret_access_key=self.secret or None,
            config=config,
        )


@contextmanager
def _plainly() -> Iterator[None]:
    """Turn what the client raises into an OSError; its own words may hold addresses and keys."""
    try:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise BucketError(NOT_INSTALLED) from None

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in NOT_THERE:
            raise FileNotFoundError("the recording is not in the bucket") from None
        raise BucketError(f"the bucket answered {code}") from error
    except (BotoCoreError, Boto3Error) as error:
        raise BucketError(f"the bucket did not answer: {type(error).__name__}") from error
