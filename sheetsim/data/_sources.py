"""Where the datasets are from: addresses that stay, each with the checksum of its file.

The SHA-256 sums are those that many public projects pin for the same files; beside them stand
the MD5 sums that GroupLens and torchvision publish. For MNIST's two test files both were computed
from the files themselves, and agree. MovieLens's `ml-latest-small.zip` is not here: GroupLens
replaces it from time to time, so that no checksum holds; who has it gives the loader its folder.
"""

import re
from dataclasses import dataclass
from types import MappingProxyType

from sheetsim.errors import OptionError, shown

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Source:
    """A file on the internet that never changes.

    Attributes:
        name: its name in the cache, of letters, digits and _ . - only.
        url: where it is, http or https.
        sha256: its checksum, 64 lower-case hexadecimal digits.
        size: its size in bytes, or None if not known; refuses a wrong file before it is loaded.

    Raises:
        OptionError: one of them is not so.
    """

    name: str
    url: str
    sha256: str
    size: int | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise OptionError(f"source {shown(self.name)}: expected a plain file name")
        if not re.fullmatch(r"https?://[!-~]+", self.url):
            raise OptionError(f"source {self.name}: {shown(self.url)}: expected an http(s) address")
        if not _SHA256.fullmatch(self.sha256):
            raise OptionError(f"source {self.name}: expected a SHA-256 of 64 hexadecimal digits")


MOVIELENS_100K = Source(
    "ml-100k.zip",
    "https://files.grouplens.org/datasets/movielens/ml-100k.zip",
    "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
    4_924_029,
)
"""100,000 ratings; for research and education, not to be passed on (GroupLens's README).
MD5 0e33842e24a9c977be4e0107933c0723."""


def _mnist(name: str, sha256: str, size: int) -> Source:
    return Source(name, f"https://ossci-datasets.s3.amazonaws.com/mnist/{name}", sha256, size)


MNIST = MappingProxyType(
    {
        "train_images": _mnist(
            "train-images-idx3-ubyte.gz",
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            9_912_422,
        ),
        "train_labels": _mnist(
            "train-labels-idx1-ubyte.gz",
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            28_881,
        ),
        "test_images": _mnist(
            "t10k-images-idx3-ubyte.gz",
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            1_648_877,
        ),
        "test_labels": _mnist(
            "t10k-labels-idx1-ubyte.gz",
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            4_542,
        ),
    }
)
"""The digits of LeCun, Cortes and Burges: 60,000 to train with and 10,000 to test. MD5, in this
order: f68b3c2dcbeaaa9fbdd348bbdeb94873, d53e105ee54ea40749a09fcbcd1e9432,
9fb629c4189551a2d022fa330f9573f3, ec29112dd5afa0611ce80d1b7f02629c."""


def by_hand(source: Source) -> str:
    """What to do where the network fails, as the end of a message."""
    unpacked = ", unpack it" if source.name.endswith(".zip") else ""
    return f"download it yourself from {source.url}{unpacked} and give its folder with --data DIR"
