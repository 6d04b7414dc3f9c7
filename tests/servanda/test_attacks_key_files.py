"""Key files: stolen, damaged, swapped or made by somebody else; none opens, and each says why."""

from __future__ import annotations

import base64
import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from servanda import key_encryption
from servanda.key_encryption import ROUNDS_MAX, lock, unlock
from servanda.keys import KeyFailed, make_key, open_key, read_passphrase, read_public_key

PASSPHRASE = "correct horse"  # noqa: S105 -- of keys that are made for a test
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the key of ann."""
    make_key(str(tmp_path), "ann", PASSPHRASE)
    return tmp_path


def refused(folder: Path, passphrase: str = PASSPHRASE) -> str:
    """Return why the key of ann is not opened."""
    with pytest.raises(KeyFailed) as caught:
        open_key(str(folder), "ann", passphrase)
    return str(caught.value)


def test_a_key_comes_back(folder: Path) -> None:
    """It is the one that was made, and no two files of it are alike."""
    key = open_key(str(folder), "ann", PASSPHRASE)
    assert key.public_key().public_bytes_raw() == read_public_key(str(folder), "ann")
    one, other = lock(key, PASSPHRASE), lock(key, PASSPHRASE)
    assert one != other
    assert key.private_bytes_raw() not in base64.b64decode(b"".join(one.split(b"\n")[1:-2]))


@pytest.mark.parametrize(
    "passphrase",
    ["", "correct horsf", "Correct horse", "correct horse ", "x" * 5_000, "\udcff", "correct"],
)
def test_a_wrong_passphrase_is_told(folder: Path, passphrase: str) -> None:
    """Also an empty one, one that is no text, and one that is too long for the library."""
    assert "passphrase" in refused(folder, passphrase)


def test_only_their_owner_reads_them(folder: Path) -> None:
    """From the first moment, whatever the process lets others do."""
    before = os.umask(0)
    try:
        make_key(str(folder / "new"), "bob", PASSPHRASE)
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "new" / "bob.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "new").stat().st_mode) == 0o700


def test_it_takes_long_to_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six hundred thousand rounds stand in the file; other programs read it."""
    monkeypatch.undo()
    monkeypatch.setattr(key_encryption, "ROUNDS", 600_000)
    key = ed25519.Ed25519PrivateKey.generate()
    data = lock(key, PASSPHRASE)
    opened = unlock(data, PASSPHRASE)
    assert isinstance(opened, ed25519.Ed25519PrivateKey)
    assert opened.private_bytes_raw() == key.private_bytes_raw()
    assert (600_000).to_bytes(3) in base64.b64decode(b"".join(data.split(b"\n")[1:-2]))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")
def test_openssl_reads_it(folder: Path) -> None:
    """The form is the standard's."""
    words = ["openssl", "pkey", "-in", str(folder / "ann.key"), "-passin", f"pass:{PASSPHRASE}"]
    found = subprocess.run([*words, "-text", "-noout"], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    public = read_public_key(str(folder), "ann").hex()
    assert public in found.stdout.replace(":", "").replace("\n", "").replace(" ", "")


def test_every_damage_is_told(folder: Path) -> None:
    """A bit anywhere, an end too early: no other key comes out of it, and nothing waits."""
    path = folder / "ann.key"
    good = path.read_bytes()
    lines = good.split(b"\n")
    document = base64.b64decode(b"".join(lines[1:-2]))
    for place in range(len(document)):
        bent = bytearray(document)
        bent[place] ^= 1 << place % 8
        path.write_bytes(b"\n".join([lines[0], base64.b64encode(bent), *lines[-2:]]))
        refused(folder)
    for end in range(0, len(good) - 1, 7):
        path.write_bytes(good[:end])
        refused(folder)


def test_a_file_cannot_ask_for_work_without_end(folder: Path) -> None:
    """It says how many rounds it takes to open; what is more than ever needed is not begun."""
    path = folder / "ann.key"
    lines = path.read_bytes().split(b"\n")
    document = base64.b64decode(b"".join(lines[1:-2]))
    for rounds in (ROUNDS_MAX + 1, 2**31 - 1):
        number = b"\x02\x04" + rounds.to_bytes(4)
        bent = document.replace(b"\x02\x02\x08\x00", number)
        assert bent != document
        path.write_bytes(b"\n".join([lines[0], base64.b64encode(bent), *lines[-2:]]))
        assert "not used here" in refused(folder)


def other(private: PrivateKeyTypes, is_plain: bool, form: PrivateFormat) -> bytes:
    """Return a key as somebody else would write it."""
    encryption: KeySerializationEncryption = BestAvailableEncryption(PASSPHRASE.encode())
    return private.private_bytes(Encoding.PEM, form, NoEncryption() if is_plain else encryption)


OTHERS: dict[str, tuple[Callable[[], bytes], str]] = {
    "in clear": (
        lambda: other(ed25519.Ed25519PrivateKey.generate(), True, PrivateFormat.PKCS8),
        "is not encrypted",
    ),
    "of OpenSSH": (
        lambda: other(ed25519.Ed25519PrivateKey.generate(), True, PrivateFormat.OpenSSH),
        "is not encrypted",
    ),
    "of another curve": (
        lambda: other(ec.generate_private_key(ec.SECP256R1()), False, PrivateFormat.PKCS8),
        "no key of Ed25519",
    ),
    "for agreement": (
        lambda: other(x25519.X25519PrivateKey.generate(), False, PrivateFormat.PKCS8),
        "no key of Ed25519",
    ),
    "of Ed448": (
        lambda: other(ed448.Ed448PrivateKey.generate(), False, PrivateFormat.PKCS8),
        "no key of Ed25519",
    ),
    "of RSA": (
        lambda: other(rsa.generate_private_key(65537, 2_048), False, PrivateFormat.PKCS8),
        "no key of Ed25519",
    ),
    "of somebody else": (
        lambda: lock(ed25519.Ed25519PrivateKey.generate(), PASSPHRASE),
        "is not the key of",
    ),
    "nothing": (lambda: b"", "no key"),
    "zeros": (lambda: bytes(9_000), "no key"),
    "two keys": (
        lambda: lock(ed25519.Ed25519PrivateKey.generate(), PASSPHRASE) * 2,
        "no key",
    ),
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_is_no_key_of_ours_is_told(folder: Path, what: str) -> None:
    """Each by what it is."""
    make, told = OTHERS[what]
    (folder / "ann.key").write_bytes(make())
    assert told in refused(folder)


@pytest.mark.parametrize("text", ["", "zz" * 32, "00" * 32, "ab" * 31, "AB" * 32, "ab" * 40_000])
def test_what_is_no_public_key_is_told(folder: Path, text: str) -> None:
    """No digits, too few, too many, the key that signs for everybody."""
    (folder / "ann.pub").write_text(text)
    with pytest.raises(KeyFailed, match="no public key"):
        read_public_key(str(folder), "ann")


@pytest.mark.parametrize("there", ["ann.key", "ann.pub"])
def test_a_key_is_made_whole_or_not_at_all(tmp_path: Path, there: str) -> None:
    """Where one of its files stands already, the other is not made."""
    (tmp_path / there).write_text("precious")
    with pytest.raises(KeyFailed, match="exists already"):
        make_key(str(tmp_path), "ann", PASSPHRASE)
    assert [one.name for one in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "precious"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """Who can lay a link where a key will be made does not choose what is written over."""
    target = tmp_path / "target"
    target.write_text("precious")
    (tmp_path / "ann.key").symlink_to(target)
    with pytest.raises(KeyFailed, match="exists already"):
        make_key(str(tmp_path), "ann", PASSPHRASE)
    assert target.read_text() == "precious"


@pytest.mark.parametrize("passphrase", ["", "short", "x" * 251])
def test_what_is_no_passphrase_makes_no_key(tmp_path: Path, passphrase: str) -> None:
    """Too short to keep anybody out, or too long to be read again."""
    with pytest.raises(KeyFailed, match="characters"):
        make_key(str(tmp_path), "ann", passphrase)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("passphrase", ["x" * 250, "€" * 250, "密码密码密码密码", "a\0b\0c\0d\0e"])
def test_any_text_is_a_passphrase(tmp_path: Path, passphrase: str) -> None:
    """What makes a key opens it again."""
    make_key(str(tmp_path), "ann", passphrase)
    open_key(str(tmp_path), "ann", passphrase)


def test_a_passphrase_comes_from_a_file(tmp_path: Path) -> None:
    """Its first line, however lines end there; a file that is none is told."""
    for text in ("correct horse\n", "correct horse\r\nmore", "correct horse"):
        (tmp_path / "words").write_bytes(text.encode())
        assert read_passphrase(str(tmp_path / "words"), "ann") == PASSPHRASE
    (tmp_path / "words").write_bytes(b"\xff\xfe")
    for path in (tmp_path / "words", tmp_path / "none", tmp_path):
        with pytest.raises(KeyFailed, match="cannot be read"):
            read_passphrase(str(path), "ann")


def test_bytes_of_the_environment_are_a_passphrase(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where they are no UTF-8."""
    monkeypatch.setenv("SERVANDA_PASSPHRASE", os.fsdecode(b"correct \xff horse"))
    make_key(str(tmp_path), "ann", read_passphrase(None, "ann"))
    open_key(str(tmp_path), "ann", read_passphrase(None, "ann"))
