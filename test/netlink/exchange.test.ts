import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Bug } from "../../src/net/bug.ts";
import { AttributeWriter } from "../../src/netlink/attributes.ts";
import { Exchange } from "../../src/netlink/exchange.ts";
import { HostWriter } from "../../src/netlink/host-bytes.ts";
import { changeRequest, dumpRequest, silentRequest, splitMessages } from "../../src/netlink/message.ts";
import { goldenBytes } from "./golden.ts";

const ERROR = 2;
const DONE = 3;
const MULTI = 0x002;
const DUMP_INTR = 0x010;
const CAPPED = 0x100;
const ACK_TLVS = 0x200;

const body = new Uint8Array(4);
const change = changeRequest("RTM_NEWADDR", 20, body);
const dump = dumpRequest("RTM_GETADDR", 22, body);

function reply(type: number, flags: number, sequence: number, payload: Uint8Array): Uint8Array {
  const out = new HostWriter()
    .u32(16 + payload.length)
    .u16(type)
    .u16(flags)
    .u32(sequence)
    .u32(4711);
  return out.bytes(payload).finish();
}

/** A negative errno, then what an answer repeats of the request, then perhaps the kernel's text. */
function errorReply(
  sequence: number,
  errno: number,
  flags = CAPPED,
  repeated = 0,
  text?: string,
): Uint8Array {
  const out = new HostWriter().u32((0x1_0000_0000 - errno) % 0x1_0000_0000);
  if (repeated > 0) out.u32(repeated).padTo(4 + repeated);
  if (text !== undefined) new AttributeWriter(out).text(1, text).u32(2, 12);
  return reply(ERROR, flags, sequence, out.finish());
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => Array.from(part)));
}

describe("one request", () => {
  it("is acknowledged", () => {
    const exchange = new Exchange([change], 1);
    assert.equal(exchange.take(goldenBytes("ipvs-ack")), true);
    assert.deepEqual(
      exchange.answers().map(({ refusal }) => refusal),
      [undefined],
    );
  });

  it("is refused, here with the request repeated behind the error", () => {
    const exchange = new Exchange([{ ...change, call: "IPVS_CMD_NEW_SERVICE" }], 1);
    assert.equal(exchange.take(goldenBytes("ipvs-error-eexist")), true);
    assert.deepEqual(exchange.answers()[0]?.refusal, {
      call: "IPVS_CMD_NEW_SERVICE",
      errno: 17,
      code: "EEXIST",
      text: "exists already",
    });
  });

  it("gets an object first, and then its acknowledgement", () => {
    const exchange = new Exchange([change], 5);
    assert.equal(exchange.take(reply(20, 0, 5, body)), false);
    assert.equal(exchange.take(errorReply(5, 0, CAPPED, 16)), true);
    assert.deepEqual(
      exchange.answers()[0]?.messages.map(({ type }) => type),
      [20],
    );
  });

  it("ignores answers to others, and what comes after its end", () => {
    const exchange = new Exchange([change], 5);
    assert.equal(exchange.take(errorReply(4, 17)), false);
    assert.equal(exchange.take(errorReply(5, 0)), true);
    assert.equal(exchange.take(errorReply(5, 17)), true);
    assert.equal(exchange.answers()[0]?.refusal, undefined);
  });

  it("was refused with ETIMEDOUT when nothing came", () => {
    assert.deepEqual(new Exchange([change], 5).answers()[0]?.refusal?.code, "ETIMEDOUT");
  });

  it("is over when an answer is malformed", () => {
    const exchange = new Exchange([change], 5);
    assert.equal(exchange.take(errorReply(5, 0).subarray(0, 18)), true);
    assert.equal(exchange.answers()[0]?.refusal?.code, "EBADMSG");
  });

  it("is refused when its answer has no room for an error", () => {
    const exchange = new Exchange([change], 5);
    assert.equal(exchange.take(reply(ERROR, 0, 5, new Uint8Array(3))), true);
    assert.equal(exchange.answers()[0]?.refusal?.code, "EBADMSG");
  });

  it("names an errno without a name by its number", () => {
    const exchange = new Exchange([change], 5);
    exchange.take(errorReply(5, 200));
    assert.deepEqual(exchange.answers()[0]?.refusal, {
      call: "RTM_NEWADDR",
      errno: 200,
      code: "E200",
      text: "error 200",
    });
  });
});

describe("the kernel's own text", () => {
  const text = "ipv4: Address already assigned";
  const cases: readonly [string, Uint8Array][] = [
    ["behind the header of the request", errorReply(5, 17, CAPPED + ACK_TLVS, 16, text)],
    ["behind the whole request", errorReply(5, 17, ACK_TLVS, 24, text)],
  ];
  for (const [name, datagram] of cases) {
    it(name, () => {
      const exchange = new Exchange([change], 5);
      exchange.take(datagram);
      assert.equal(exchange.answers()[0]?.refusal?.text, text);
    });
  }

  it("behind the error of NLMSG_DONE", () => {
    const payload = new HostWriter().u32(0xffff_ffff - 15);
    new AttributeWriter(payload).text(1, text);
    const exchange = new Exchange([dump], 5);
    assert.equal(exchange.take(reply(DONE, MULTI + ACK_TLVS, 5, payload.finish())), true);
    assert.deepEqual(exchange.answers()[0]?.refusal, { call: "RTM_GETADDR", errno: 16, code: "EBUSY", text });
  });

  it("is left out when its place lies outside of the message", () => {
    const exchange = new Exchange([change], 5);
    exchange.take(reply(ERROR, ACK_TLVS, 5, new HostWriter().u32(0xffff_ffff).u32(0xffff_ff00).finish()));
    assert.equal(exchange.answers()[0]?.refusal?.text, "not permitted (needs CAP_NET_ADMIN)");
  });
});

describe("a dump", () => {
  it("comes in parts and ends with DONE", () => {
    const exchange = new Exchange([dump], 5);
    assert.equal(exchange.take(joined(reply(20, MULTI, 5, body), reply(20, MULTI, 5, body))), false);
    assert.equal(
      exchange.take(joined(reply(20, MULTI, 5, body), reply(DONE, MULTI, 5, new Uint8Array(4)))),
      true,
    );
    const [answer] = exchange.answers();
    assert.equal(answer?.messages.length, 3);
    assert.equal(answer?.interrupted, false);
  });

  it("says when a change cut through it, though its end does not", () => {
    const exchange = new Exchange([dump], 5);
    exchange.take(reply(20, MULTI + DUMP_INTR, 5, body));
    exchange.take(reply(DONE, MULTI, 5, new Uint8Array(4)));
    assert.equal(exchange.answers()[0]?.interrupted, true);
  });

  it("is alone in its datagram", () => {
    assert.throws(() => new Exchange([dump, change], 1), Bug);
  });
});

describe("a batch", () => {
  it("is one datagram with sequence numbers that count on", () => {
    const { messages } = splitMessages(new Exchange([change, change, change], 8).datagram);
    assert.deepEqual(
      messages.map(({ sequence }) => sequence),
      [8, 9, 10],
    );
  });

  it("goes on after a failure, and knows whose it was", () => {
    const exchange = new Exchange([change, change, change], 8);
    assert.equal(exchange.take(joined(errorReply(8, 0), errorReply(9, 17))), false);
    assert.equal(exchange.take(errorReply(10, 0)), true);
    assert.deepEqual(
      exchange.answers().map(({ refusal }) => refusal?.code),
      [undefined, "EEXIST", undefined],
    );
  });

  it("keeps the answers it got when the others do not come", () => {
    const exchange = new Exchange([change, change], 8);
    exchange.take(errorReply(8, 0));
    assert.deepEqual(
      exchange.answers().map(({ refusal }) => refusal?.code),
      [undefined, "ETIMEDOUT"],
    );
  });
});

describe("a transaction", () => {
  const frame = silentRequest("NFNL_MSG_BATCH_BEGIN", 16, body);
  const batch = [frame, change, change, silentRequest("NFNL_MSG_BATCH_END", 17, body)];
  const refusals = (exchange: Exchange) => exchange.answers().map(({ refusal }) => refusal?.code);

  it("is answered when all inside it are", () => {
    const exchange = new Exchange(batch, 7);
    assert.equal(exchange.take(errorReply(8, 0)), false);
    assert.equal(exchange.take(errorReply(9, 0)), true);
    assert.deepEqual(refusals(exchange), [undefined, undefined, undefined, undefined]);
  });

  it("is refused as a whole when its frame is", () => {
    const exchange = new Exchange(batch, 7);
    assert.equal(exchange.take(errorReply(7, 1)), true);
    assert.deepEqual(refusals(exchange), [undefined, "EPERM", "EPERM", undefined]);
  });
});
