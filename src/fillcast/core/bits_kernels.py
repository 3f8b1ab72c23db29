"""What the processor does in one instruction and Python cannot say: bit counts and unaligned loads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array


@intrinsic
def leading_zeros(context: object, word: object) -> tuple[object, Callable[..., Any]]:
    """Return how many zero bits stand above the highest set bit of an int64 (64 for zero)."""

    def generate(_context: object, builder: Any, _signature: object, arguments: list[Any]) -> Any:
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.int64), generate


@intrinsic
def trailing_zeros(context: object, word: object) -> tuple[object, Callable[..., Any]]:
    """Return how many zero bits stand below the lowest set bit of an int64 (64 for zero)."""

    def generate(_context: object, builder: Any, _signature: object, arguments: list[Any]) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.int64), generate


@intrinsic
def load_word(context: object, data: Any, offset: object) -> tuple[object, Callable[..., Any]]:
    """Return the eight bytes at a byte offset of an array as one int64, lowest byte first.

    Nothing is bounds-checked: the caller keeps offset + 8 <= the array's bytes.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: list[Any]) -> Any:
        word = builder.load(_word_at(context, builder, signature.args[0], arguments))
        word.align = 1
        return word

    return types.int64(data, types.int64), generate


@intrinsic
def store_word(context: object, data: Any, offset: object, word: object) -> tuple[object, Callable[..., Any]]:
    """Write one int64 as eight bytes at a byte offset of an array, lowest byte first; unchecked like `load_word`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: list[Any]) -> Any:
        builder.store(arguments[2], _word_at(context, builder, signature.args[0], arguments)).align = 1
        return context.get_dummy_value()

    return types.void(data, types.int64, types.int64), generate


def _word_at(context: Any, builder: Any, array_type: Any, arguments: list[Any]) -> Any:
    """Return the pointer to the word at a byte offset of an array."""
    array = make_array(array_type)(context, builder, arguments[0])
    start = builder.bitcast(array.data, ir.IntType(8).as_pointer())
    return builder.bitcast(builder.gep(start, [arguments[1]]), ir.IntType(64).as_pointer())
