// Columns of numbers as they come over the wire: little-endian bytes at any offset of a message.

/**
 * Copy a column of float64.
 * @param {Uint8Array} bytes
 * @returns {Float64Array}
 */
export function float64(bytes) {
  return new Float64Array(bytes.slice().buffer);
}

/**
 * Copy a column of int8.
 * @param {Uint8Array} bytes
 * @returns {Int8Array}
 */
export function int8(bytes) {
  return new Int8Array(bytes.slice().buffer);
}

/**
 * Copy a column of ticks: int32, or float64 where they exceed it.
 * @param {Uint8Array} bytes
 * @param {boolean} wide
 * @returns {Int32Array | Float64Array}
 */
export function ticks(bytes, wide) {
  const buffer = bytes.slice().buffer;
  return wide ? new Float64Array(buffer) : new Int32Array(buffer);
}
