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
def load_word(context: object, data: Any, offset: object) -> tuple[object, Callable[..., Any]]:
    """Return eight bytes of a uint8 array from an offset on as one int64, lowest byte first.

    Nothing is bounds-checked: the caller keeps offset + 8 <= length.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: list[Any]) -> Any:
        array = make_array(signature.args[0])(context, builder, arguments[0])
        place = builder.gep(array.data, [arguments[1]])
        word = builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()))
        word.align = 1
        return word

    return types.int64(data, types.int64), generate
