/** The errors that the kernel answers with over netlink: Linux errno values (asm-generic) by number. */

export const ENOENT = 2;
export const ESRCH = 3;
export const EEXIST = 17;
export const ENODEV = 19;
export const EINVAL = 22;
export const EBADMSG = 74;
export const EPROTONOSUPPORT = 93;
export const EOPNOTSUPP = 95;
export const EAFNOSUPPORT = 97;
export const EADDRNOTAVAIL = 99;
export const ETIMEDOUT = 110;

const ERRORS: Readonly<Record<number, readonly [code: string, text: string]>> = {
  1: ["EPERM", "not permitted (needs CAP_NET_ADMIN)"],
  2: ["ENOENT", "no such entry"],
  3: ["ESRCH", "no such entry"],
  4: ["EINTR", "interrupted"],
  5: ["EIO", "input/output error"],
  6: ["ENXIO", "no such device or address"],
  7: ["E2BIG", "too long"],
  11: ["EAGAIN", "try again"],
  12: ["ENOMEM", "out of memory"],
  13: ["EACCES", "permission denied"],
  14: ["EFAULT", "bad address"],
  16: ["EBUSY", "busy"],
  17: ["EEXIST", "exists already"],
  19: ["ENODEV", "no such device"],
  22: ["EINVAL", "invalid argument"],
  23: ["ENFILE", "too many open files in the system"],
  24: ["EMFILE", "too many open files"],
  28: ["ENOSPC", "no space left"],
  33: ["EDOM", "argument out of domain"],
  34: ["ERANGE", "out of range"],
  38: ["ENOSYS", "not implemented"],
  74: ["EBADMSG", "malformed message"],
  75: ["EOVERFLOW", "value too large"],
  90: ["EMSGSIZE", "message too long"],
  92: ["ENOPROTOOPT", "option not available"],
  93: ["EPROTONOSUPPORT", "protocol not supported"],
  95: ["EOPNOTSUPP", "not supported"],
  97: ["EAFNOSUPPORT", "address family not supported"],
  98: ["EADDRINUSE", "address in use"],
  99: ["EADDRNOTAVAIL", "address not available"],
  100: ["ENETDOWN", "network is down"],
  101: ["ENETUNREACH", "network unreachable"],
  105: ["ENOBUFS", "no buffer space: messages were lost"],
  110: ["ETIMEDOUT", "no answer in time"],
  111: ["ECONNREFUSED", "connection refused"],
  113: ["EHOSTUNREACH", "host unreachable"],
  114: ["EALREADY", "already in progress"],
  115: ["EINPROGRESS", "in progress"],
};

/** `EEXIST`; for a number without a name `E` and the number. */
export function errorCode(errno: number): string {
  return ERRORS[errno]?.[0] ?? `E${errno}`;
}

export function errorText(errno: number): string {
  return ERRORS[errno]?.[1] ?? `error ${errno}`;
}
