import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";

/** Where two names share a number, the one that the kernel's own texts use. */
const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));
NAMES.set(constants.errno.EAGAIN, "EAGAIN");
NAMES.set(constants.errno.EOPNOTSUPP, "EOPNOTSUPP");

/** The kernel refused a call. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  /** Positive, as in errno(3). */
  readonly errno: number;
  /** `"ENETDOWN"` */
  readonly code: string;
  /** The system call: `"sendto"`. */
  readonly call: string;

  /** `subject` is what the call was about: an address, a path, an interface. */
  constructor(errno: number, call: string, subject: string) {
    const code = NAMES.get(errno) ?? `E${errno}`;
    const text = getSystemErrorMap().get(-errno)?.[1];
    super(`${call} ${subject}: ${code}${text === undefined ? "" : ` (${text})`}`);
    this.errno = errno;
    this.code = code;
    this.call = call;
  }
}

/** Hands a result through; throws SystemError when it is a negative errno. */
export function checked<Result>(result: Result | number, call: string, subject: string): Result | number {
  if (typeof result === "number" && result < 0) throw new SystemError(-result, call, subject);
  return result;
}
