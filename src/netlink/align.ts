/** The kernel's rules of alignment (linux/netlink.h), each under the name of its macro. Lengths in headers never include padding. */

const ALIGN_TO = 4;

/** NLMSG_HDRLEN: length u32, type u16, flags u16, sequence u32, port u32. */
export const NLMSG_HDRLEN = 16;
/** NLA_HDRLEN: length u16, type u16. */
export const NLA_HDRLEN = 4;

/** NLMSG_ALIGN: where the message after one of `length` bytes begins. */
export function alignMessage(length: number): number {
  return align(length);
}

/** NLA_ALIGN: where the attribute after one of `length` bytes begins. */
export function alignAttribute(length: number): number {
  return align(length);
}

function align(length: number): number {
  return Math.ceil(length / ALIGN_TO) * ALIGN_TO;
}
