/** Many datagrams of one socket in one call to the kernel. */
import { checked, SystemError } from "./system-error.ts";

/** A datagram of a batch that the kernel did not take; those behind it were still tried. */
export interface Refusal {
  readonly index: number;
  readonly error: SystemError;
}

/**
 * What was refused; throws only for the socket itself.
 *
 * @param send appends the numbers of what was refused, and answers with a status
 * @param subject names a datagram in errors
 */
export function sendBatch(
  send: (refusals: number[]) => number,
  what: string,
  subject: (index: number) => string,
): Refusal[] {
  const numbers: number[] = [];
  checked(send(numbers), "sendmmsg", what);
  const refusals: Refusal[] = [];
  for (let at = 0; at + 1 < numbers.length; at += 2) {
    const [index = 0, errno = 0] = [numbers[at], numbers[at + 1]];
    refusals.push({ index, error: new SystemError(-errno, "sendmmsg", subject(index)) });
  }
  return refusals;
}
