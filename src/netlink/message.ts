/**
 * Netlink messages (`struct nlmsghdr`): what is sent as a request, and what a datagram brings.
 *
 *     length u32 (with this header)   type u16   flags u16   sequence u32   port u32   body
 */
import { alignMessage, NLMSG_HDRLEN } from "./align.ts";
import { HostReader, HostWriter } from "./host-bytes.ts";

const NLM_F_REQUEST = 0x001;
export const NLM_F_ACK = 0x004;
export const NLM_F_DUMP = 0x300;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;

/** The kernel's own port, and the one it fills in for us. */
const PORT_KERNEL = 0;

/** One thing asked of the kernel, before it has a sequence number. */
export interface Request {
  /** The command under its kernel name, for error reports: `RTM_NEWADDR`. */
  readonly call: string;
  readonly type: number;
  readonly flags: number;
  /** What follows the header: fixed fields, then attributes. */
  readonly body: Uint8Array;
}

export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** Views into the datagram, not copied. */
  readonly body: Uint8Array;
}

/** A request that is answered with an acknowledgement or an error. @param flags NLM_F_CREATE and the like */
export function changeRequest(call: string, type: number, body: Uint8Array, flags = 0): Request {
  return { call, type, flags: NLM_F_REQUEST | NLM_F_ACK | flags, body };
}

/** A request that is answered only if it is refused: then those that stand beside it are, too. */
export function silentRequest(call: string, type: number, body: Uint8Array): Request {
  return { call, type, flags: NLM_F_REQUEST, body };
}

/** A request that is answered with a list of messages. */
export function dumpRequest(call: string, type: number, body: Uint8Array): Request {
  return { call, type, flags: NLM_F_REQUEST | NLM_F_ACK | NLM_F_DUMP, body };
}

export function encodeRequest(request: Request, sequence: number): Uint8Array {
  return encodeRequests([request], sequence);
}

/** As one datagram, their sequence numbers counted on from the first. */
export function encodeRequests(requests: readonly Request[], firstSequence: number): Uint8Array {
  const out = new HostWriter();
  for (const [index, { type, flags, body }] of requests.entries()) {
    const [start, length] = [out.length, NLMSG_HDRLEN + body.length];
    out
      .u32(length)
      .u16(type)
      .u16(flags)
      .u32(firstSequence + index)
      .u32(PORT_KERNEL);
    out.bytes(body).padTo(start + alignMessage(length));
  }
  return out.finish();
}

interface Split {
  readonly messages: readonly Message[];
  /** Why what follows the messages is none. */
  readonly error: string | undefined;
}

/** The messages of one datagram. */
export function splitMessages(datagram: Uint8Array): Split {
  const messages: Message[] = [];
  const reader = new HostReader(datagram);
  while (reader.remaining > 0) {
    const length = reader.u32();
    const header = { type: reader.u16(), flags: reader.u16(), sequence: reader.u32() };
    reader.skip(4);
    if (reader.error !== undefined) break;
    if (length < NLMSG_HDRLEN) return { messages, error: `a message of ${length} bytes` };
    const body = reader.view(length - NLMSG_HDRLEN);
    if (reader.error !== undefined) break;
    messages.push({ ...header, body });
    reader.skip(Math.min(alignMessage(length) - length, reader.remaining));
  }
  return { messages, error: reader.error };
}
