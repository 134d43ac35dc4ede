/** Values as text that keeps every digit and byte, so that distinct values stay distinct. */

/** Refuses bytes that are not UTF-8, and keeps a byte-order mark, which is a part of the value. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Returns bytes as text, or as they are if they are not UTF-8. */
export const textOrBytes = (bytes: Uint8Array): string | Uint8Array => {
  try {
    return decoder.decode(bytes);
  } catch {
    return bytes;
  }
};

/** Returns bytes in hexadecimal, two digits per byte. */
export const hexText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Returns the text of a UUID: `80000000-0000-0000-0000-000000000001`. */
export const uuidText = (bytes: Uint8Array): string =>
  hexText(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/**
 * Returns the number `unscaled / 10^scale` with `scale` decimals, as databases write it.
 * @example
 * decimalText(-5n, 2); // '-0.05'
 */
export const decimalText = (unscaled: bigint, scale: number): string => {
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale));
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
};

/** Returns the signed integer in bytes, of which the first is the most significant. */
export const bigEndianInteger = (bytes: Uint8Array): bigint =>
  bytes.length === 0 ? 0n : BigInt.asIntN(8 * bytes.length, BigInt(`0x${hexText(bytes)}`));
