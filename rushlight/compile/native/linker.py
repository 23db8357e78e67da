"""Machine code put into memory without LLVM, which takes 40 MB and a tenth of a second to load.

An object file has sections (code, constants), symbols (where functions are), and relocations
(places that want the distance to a symbol). Sections are laid out one after the other, what is
wanted is filled in, and the memory is made executable. The functions of this library need little of
what linkers can do; whatever else there is in a file is refused (`Unlinkable`).

Source: System V Application Binary Interface, chapter 4, and its AMD64 supplement, section 4.4.
"""

from __future__ import annotations

import ctypes
import mmap
import struct
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Image", "Unlinkable"]

HEAD = b"\x7fELF\x02\x01"  # 64 bits, the least significant first
X86_64 = 62
ALLOCATED, WRITABLE = 2, 1  # flags of sections
SYMBOLS, RELOCATIONS, EMPTY, UNWINDING = 2, 4, 8, 0x70000001  # types of sections
# relocations: an address, the distance to a symbol, to a function, to where an address is
ADDRESS, DISTANCE, CALL, INDIRECT = 1, 2, 4, (9, 41, 42)
JUMP = b"\xff\x25\x02\x00\x00\x00\x00\x00"  # to the address in the eight bytes behind it


class Unlinkable(Exception):
    """An object file is of another kind, or needs what isn't done here."""


class Section:
    """A section of an object file; `place` is where in the image it lies, if it is needed there."""

    def __init__(self, fields: tuple) -> None:
        _, self.type, self.flags, _, self.offset, self.size, self.link, self.info, *rest = fields
        self.alignment = max(rest[0], 1)
        self.place: int | None = None

    def is_needed(self) -> bool:
        """Whether it is needed at run time: what handles exceptions isn't, as there are none."""
        return bool(self.flags & ALLOCATED) and self.type != UNWINDING and self.size > 0


class Symbol(NamedTuple):
    """A name, the number of the section that it is in (0: in none here), and where."""

    name: str
    section: int
    value: int


class ObjectFile:
    """One object file, taken apart."""

    def __init__(self, code: bytes) -> None:
        if code[:6] != HEAD or struct.unpack_from("<H", code, 18)[0] != X86_64:
            raise Unlinkable("not an object file for this kind of processor")
        self.code = code
        (start,) = struct.unpack_from("<Q", code, 40)
        size, count = struct.unpack_from("<HH", code, 58)
        table = struct.iter_unpack("<IIQQQQIIQQ", code[start : start + size * count])
        self.sections = [Section(fields) for fields in table]
        self.needed = [section for section in self.sections if section.is_needed()]
        if any(section.flags & WRITABLE for section in self.needed):
            raise Unlinkable("a section that is written to")
        self.symbols = list(self._symbols())

    def content(self, section: Section) -> bytes:
        """The bytes of a section."""
        if section.type == EMPTY:
            return bytes(section.size)
        return self.code[section.offset : section.offset + section.size]

    def _symbols(self) -> Iterator[Symbol]:
        for section in self.sections:
            if section.type == SYMBOLS:
                names = self.content(self.sections[section.link])
                for name, *_, where, value, _ in struct.iter_unpack(
                    "<IBBHQQ", self.content(section)
                ):
                    end = names.index(b"\0", name)
                    yield Symbol(names[name:end].decode(), where, value)

    def relocations(self) -> Iterator[tuple[int, int, Symbol, int]]:
        """(place in the image, type, Symbol, what is to be added) for all in needed sections."""
        for section in self.sections:
            target = self.sections[section.info] if section.type == RELOCATIONS else None
            if target is not None and target.place is not None:
                for offset, info, addend in struct.iter_unpack("<QQq", self.content(section)):
                    symbol = self.symbols[info >> 32]
                    yield target.place + offset, info & 0xFFFFFFFF, symbol, addend

    def place(self, symbol: Symbol) -> int | None:
        """Where in the image a symbol is that this file defines."""
        if not 0 < symbol.section < len(self.sections):
            return None
        return (self.sections[symbol.section].place or 0) + symbol.value


class Image:
    """Object files that refer to each other, in memory.

    Args:
        files: their contents.
        symbols: addresses that they refer to by name; others are those of the process.

    Raises:
        Unlinkable: they can't be loaded here.
    """

    def __init__(self, files: list[bytes], symbols: dict[str, int]) -> None:
        objects = [ObjectFile(code) for code in files]
        self.size = 0
        for section in (s for each in objects for s in each.needed):
            section.place = self._room(section.size, section.alignment)
        self.places = {
            s.name: place for each in objects for s in each.symbols
            if s.name and (place := each.place(s)) is not None
        }  # fmt: skip
        wanted = {s.name for each in objects for s in each.symbols if s.name and not s.section}
        foreign = sorted(wanted - self.places.keys())
        self.jumps = {name: self._room(len(JUMP) + 8, 8) for name in foreign}
        self.memory = mmap.mmap(-1, max(self.size, 1))
        self.base = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        for each in objects:
            for section in each.needed:
                self._write(section.place or 0, each.content(section))
        for name, place in self.jumps.items():
            address = symbols.get(name) or address_in_process(name)
            self._write(place, JUMP + struct.pack("<Q", address))
        for each in objects:
            for relocation in each.relocations():
                self._relocate(each, *relocation)
        self._make_executable()

    def address(self, name: str) -> int:
        """Where a function is."""
        return self.base + self.places[name]

    def _room(self, size: int, alignment: int) -> int:
        place = -(-self.size // alignment) * alignment
        self.size = place + size
        return place

    def _write(self, place: int, content: bytes) -> None:
        self.memory[place : place + len(content)] = content

    def _relocate(self, file: ObjectFile, place: int, kind: int, symbol: Symbol, more: int) -> None:
        target = file.place(symbol)
        if target is None:
            target = self.places.get(symbol.name)
        if target is None and kind == CALL:
            target = self.jumps.get(symbol.name)
        elif kind in INDIRECT and symbol.name in self.jumps:
            target = self.jumps[symbol.name] + len(JUMP)
        elif kind not in (ADDRESS, DISTANCE, CALL):
            target = None
        if target is None:
            raise Unlinkable(f"relocation {kind} to {symbol.name!r}")
        if kind == ADDRESS:
            self._write(place, struct.pack("<Q", self.base + target + more))
        else:
            self._write(place, struct.pack("<i", target + more - place))

    def _make_executable(self) -> None:
        protect = ctypes.CDLL(None).mprotect
        size = ctypes.c_size_t(len(self.memory))
        if protect(ctypes.c_void_p(self.base), size, mmap.PROT_READ | mmap.PROT_EXEC):
            raise Unlinkable("memory can't be made executable")


def address_in_process(name: str) -> int:
    """The address of a function of the C library, or of what else the process has loaded."""
    try:
        function = getattr(ctypes.CDLL(None), name)
    except AttributeError:
        raise Unlinkable(f"{name} isn't there") from None
    return ctypes.cast(function, ctypes.c_void_p).value or 0
