"""The page's wire for its scripts: types from the structs and their docstrings, and constants."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from textwrap import wrap

import msgspec
from msgspec.inspect import (
    BoolType,
    BytesType,
    DictType,
    FloatType,
    IntType,
    ListType,
    LiteralType,
    NoneType,
    StrType,
    StructType,
    Type,
    UnionType,
    type_info,
)

from fillcast.dashboard import wire

STATIC = Path(__file__).parents[1] / "src/fillcast/dashboard/static"
WIDTH = 110
PLAIN = {IntType: "number", FloatType: "number", StrType: "string", BoolType: "boolean", NoneType: "null"}
HEAD = "// Written by scripts/wire-types from fillcast/dashboard/wire*.py; do not edit.\n"
ABOUT_BYTES = """\
// Bytes are little-endian columns at any offset: copy them (`.slice()`) before laying a typed array over them.
"""


def declarations() -> str:
    """Return `wire.d.ts`."""
    structs: dict[str, StructType] = {}
    for root in (wire.Asked, *wire.PARTS.values()):
        _collect(type_info(root), structs)
    values = "\n".join(f"export const {name}: {value};" for name, value in _constants())
    parts = "\n".join(f'  | ["{kind}", {struct.__name__}]' for kind, struct in wire.PARTS.items())
    frame = "/** Version of this schema, number of the frame, wall ms UTC, parts. */\n"
    frame += "export type Frame = [v: number, seq: number, sent_ms: number, parts: Part[]];"
    interfaces = [_interface(struct) for _, struct in sorted(structs.items())]
    return (
        "\n\n".join([HEAD + ABOUT_BYTES.rstrip(), values, *interfaces, f"export type Part =\n{parts};", frame]) + "\n"
    )


def constants() -> str:
    """Return `wire.js`: what the declarations promise beside types."""
    return HEAD + "\n" + "".join(f"export const {name} = {value};\n" for name, value in _constants())


def _constants() -> list[tuple[str, int]]:
    return [
        ("VERSION", wire.VERSION),
        ("CREDIT", wire.CREDIT[0]),
        ("RESEND", wire.RESEND[0]),
        ("MOST_LEVELS", wire.MOST_LEVELS),
    ]


def _collect(kind: Type, found: dict[str, StructType]) -> None:
    match kind:
        case StructType(cls=cls, fields=fields) if cls.__name__ not in found:
            found[cls.__name__] = kind
            for field in fields:
                _collect(field.type, found)
        case UnionType(types=types):
            for one in types:
                _collect(one, found)
        case ListType(item_type=inner) | DictType(value_type=inner):
            _collect(inner, found)


def _interface(struct: StructType) -> str:
    summary, fields = _described(struct.cls)
    lines = [*_comment(summary, ""), f"export interface {struct.cls.__name__} {{"]
    for field in struct.fields:
        lines += _comment(fields.get(field.name, ""), "  ")
        optional = "" if field.required or struct.cls is not wire.Asked else "?"
        lines.append(f"  {field.encode_name}{optional}: {_type(field.type)};")
    return "\n".join([*lines, "}"])


def _type(kind: Type) -> str:
    match kind:
        case StructType(cls=cls):
            return cls.__name__
        case UnionType(types=types):
            return " | ".join(_type(one) for one in types)
        case ListType(item_type=inner):
            text = _type(inner)
            return f"({text})[]" if " " in text else f"{text}[]"
        case DictType(value_type=inner):
            return f"Record<string, {_type(inner)}>"
        case LiteralType(values=values):
            return " | ".join(f'"{value}"' for value in values)
        case BytesType():
            return "Uint8Array"
        case _:
            return PLAIN[type(kind)]


def _described(struct: type[msgspec.Struct]) -> tuple[str, dict[str, str]]:
    """Return what a docstring says of a struct, and of its fields by name."""
    before, _, after = inspect.cleandoc(struct.__doc__ or "").partition("\nAttributes\n----------\n")
    said: dict[str, str] = {}
    for names, text in re.findall(r"^(\w[\w, ]*)\n((?:    .*\n?)+)", after, re.MULTILINE):
        for name in names.split(", "):
            said[name] = " ".join(text.split())
    return " ".join(before.split()), said


def _comment(text: str, indent: str) -> list[str]:
    if not text:
        return []
    if len(indent) + len(text) + len("/**  */") <= WIDTH:
        return [f"{indent}/** {text} */"]
    return [f"{indent}/**", *(f"{indent} * {line}" for line in wrap(text, WIDTH - len(indent) - 3)), f"{indent} */"]


def main() -> int:
    """Write the files, or with --check say which is not current."""
    stale = 0
    for name, text in (("wire.d.ts", declarations()), ("wire.js", constants())):
        target = STATIC / name
        if "--check" not in sys.argv[1:]:
            target.write_text(text, encoding="utf-8")
        elif not target.exists() or target.read_text(encoding="utf-8") != text:
            print(f"{name} is not current: run scripts/wire-types", file=sys.stderr)
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
