/** What a transaction says, for comparison with one that nft sent. */
import assert from "node:assert/strict";
import { encodeRequest, NLM_F_ACK, type Request, splitMessages } from "../../src/netlink/message.ts";

/** In short, and without what nft does not ask for. */
export function seen(datagrams: readonly Uint8Array[]) {
  return datagrams.flatMap((datagram) => {
    const { messages, error } = splitMessages(datagram);
    assert.equal(error, undefined);
    return messages.map(({ type, flags, body }) => {
      return { type, flags: flags & ~NLM_F_ACK, body: Buffer.from(body).toString("hex") };
    });
  });
}

export function sent(requests: readonly Request[]) {
  return seen(requests.map((request) => encodeRequest(request, 1)));
}
