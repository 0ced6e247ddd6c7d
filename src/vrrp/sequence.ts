/**
 * The sequence number of a signed advert: 64 bits, UTC seconds (32) ‖ their binary fraction (16) ‖ a counter (16)
 * (draft-cassen-vrrp-auth-hmac). It grows with every advert; its seconds tell an old one from a new one.
 */
export type Sequence = bigint;

const SECOND_US = 1_000_000;
const FRACTIONS = 0x1_0000;
const [SECONDS_SHIFT, FRACTION_SHIFT] = [32n, 16n];

/** The first one of an instant, in microseconds since 1970. */
export function sequenceAt(unixMicros: number): Sequence {
  const seconds = Math.floor(unixMicros / SECOND_US);
  const fraction = Math.floor(((unixMicros - seconds * SECOND_US) * FRACTIONS) / SECOND_US);
  return BigInt.asUintN(64, (BigInt(seconds) << SECONDS_SHIFT) | (BigInt(fraction) << FRACTION_SHIFT));
}

/** By serial number arithmetic (RFC 1982). */
export function isLater(one: Sequence, other: Sequence): boolean {
  return BigInt.asIntN(64, one - other) > 0n;
}

export function following(sequence: Sequence): Sequence {
  return BigInt.asUintN(64, sequence + 1n);
}

/** Whole seconds that a sequence is ahead of a clock (microseconds since 1970); negative: behind. */
export function secondsAhead(sequence: Sequence, unixMicros: number): number {
  const seconds = BigInt(Math.floor(unixMicros / SECOND_US));
  return Number(BigInt.asIntN(32, (sequence >> SECONDS_SHIFT) - seconds));
}
