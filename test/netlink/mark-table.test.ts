import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ip } from "../../src/net/ip.ts";
import { EVERY_PORT, type MarkRule, markRuleText } from "../../src/netlink/mark-rule.ts";
import { type MarkListing, markChanges, removeMarks } from "../../src/netlink/mark-table.ts";
import { type Message, splitMessages } from "../../src/netlink/message.ts";
import { goldenBytes } from "./golden.ts";
import { seen, sent } from "./sent.ts";

const rule = (
  protocol: MarkRule["protocol"],
  addresses: readonly [first: string, last?: string],
  ports: MarkRule["ports"],
  mark = 5,
): MarkRule => {
  const [first, last = first] = addresses;
  return { mark, protocol, first: ip(first), last: ip(last), ports };
};
const port = (from: number, to = from) => ({ from, to });

const WEB = rule("tcp", ["192.0.2.100"], port(80));
const VOICE = rule("udp", ["192.0.2.100", "192.0.2.110"], port(8_000, 8_010));
const SIGNALS = rule("sctp", ["192.0.2.101"], EVERY_PORT, 0xffff_ffff);
const SIX = rule("tcp", ["2001:db8::10", "2001:db8::1f"], port(443), 6);
/** Those of the golden batch, and of the golden listing of its table. */
const GOLDEN = [WEB, VOICE, SIGNALS, SIX];
const [BY_ETH0, SIX_BY_ETH0] = [
  { ...WEB, interface: "eth0" },
  { ...SIX, interface: "eth0" },
];
const HTTPS = rule("tcp", ["192.0.2.100"], port(443));

const ELEMENTS = 0xa0c;
const RULE = 0xa06;

/** As it is read: the frame in one list, the elements in another. */
function listing(change: (messages: Message[]) => Message[] = (messages) => messages): MarkListing {
  const messages = change([...splitMessages(goldenBytes("nft-marks-listing")).messages]);
  return {
    frame: messages.filter(({ type }) => type !== ELEMENTS),
    elements: messages.filter(({ type }) => type === ELEMENTS),
  };
}

/** Of the last message of a type: its bytes with one of them another. */
function withByte(messages: Message[], type: number, at: number, value: number): Message[] {
  const last = messages.findLastIndex((one) => one.type === type);
  return messages.map((message, index) => {
    if (index !== last) return message;
    const body = Uint8Array.from(message.body);
    body[body.length + at] = value;
    return { ...message, body };
  });
}

const calls = (requests: readonly { readonly call: string }[]) => requests.map(({ call }) => call);

describe("the table of marks", () => {
  it("is written as nft writes it", () => {
    assert.deepEqual(sent(markChanges(undefined, GOLDEN).requests), seen([goldenBytes("nft-marks-batch")]));
  });

  it("has maps of interfaces where there are rules for one, as nft writes them", () => {
    const batch = markChanges(undefined, [BY_ETH0, SIX_BY_ETH0]).requests;
    assert.deepEqual(sent(batch), seen([goldenBytes("nft-marks-by-batch")]));
    assert.ok(calls(markChanges(listing(), [...GOLDEN, BY_ETH0]).requests).includes("NFT_MSG_DELTABLE"));
  });

  it("is removed in one transaction that makes it first, so that there is one", () => {
    const golden = seen([goldenBytes("nft-marks-batch")]);
    assert.deepEqual(sent(removeMarks()), [...golden.slice(0, 3), ...golden.slice(-1)]);
  });

  it("is left alone when it is as wanted, in whatever order", () => {
    assert.deepEqual(markChanges(listing(), GOLDEN), { requests: [], changes: [] });
    assert.deepEqual(markChanges(listing(), GOLDEN.toReversed()), { requests: [], changes: [] });
  });

  it("gets what it lacks, as nft adds it", () => {
    const { requests, changes } = markChanges(listing(), [...GOLDEN, HTTPS]);
    assert.deepEqual(sent(requests), seen([goldenBytes("nft-marks-add")]));
    assert.deepEqual(changes, ["tcp 192.0.2.100:443 → mark 5 added"]);
  });

  it("loses what is not wanted, as nft deletes it", () => {
    const { requests, changes } = markChanges(listing(), [WEB, SIGNALS, SIX]);
    assert.deepEqual(sent(requests), seen([goldenBytes("nft-marks-delete")]));
    assert.deepEqual(changes, ["udp 192.0.2.100-192.0.2.110:8000-8010 → mark 5 removed"]);
  });

  it("changes a mark by taking the old one away first", () => {
    const { requests } = markChanges(listing(), [{ ...WEB, mark: 7 }, VOICE, SIGNALS, SIX]);
    assert.deepEqual(calls(requests), [
      "NFNL_MSG_BATCH_BEGIN",
      "NFT_MSG_DELSETELEM",
      "NFT_MSG_NEWSETELEM",
      "NFNL_MSG_BATCH_END",
    ]);
  });

  it("is made anew when more differs than is wanted", () => {
    assert.ok(calls(markChanges(listing(), [HTTPS]).requests).includes("NFT_MSG_DELTABLE"));
  });

  describe("is made anew when somebody has changed what is around the marks:", () => {
    const cases: readonly [name: string, change: (messages: Message[]) => Message[]][] = [
      ["a rule is missing", (all) => all.slice(0, -1)],
      ["a rule is there twice", (all) => [...all, ...all.slice(-1)]],
      ["a rule sets something else", (all) => withByte(all, RULE, -9, 4)],
      [
        "a chain is elsewhere",
        (all) => [all[0], all[2], all[1], ...all.slice(3)].flatMap((one) => one ?? []),
      ],
      [
        "an element is no such rule",
        (all) => all.map((one) => (one.type === ELEMENTS ? { ...one, body: one.body.subarray(0, -5) } : one)),
      ],
    ];
    for (const [name, change] of cases)
      it(name, () => {
        const { requests } = markChanges(listing(change), GOLDEN);
        assert.ok(calls(requests).includes("NFT_MSG_DELTABLE"));
      });
  });

  it("fits into what a socket sends at once, however much a file may mark", () => {
    const many = Array.from({ length: 1_024 }, (_, index) => {
      return { ...rule("tcp", ["2001:db8::1"], port(index + 1)), interface: "eth0" };
    });
    const { requests } = markChanges(undefined, many);
    const bytes = requests.reduce((sum, { body }) => sum + 16 + body.length, 0);
    // net.core.wmem_default, which is all of it, and the requests that share a datagram.
    assert.ok(bytes < (212_992 * 2) / 3);
    assert.ok(requests.length <= 64);
  });
});

describe("a rule reads", () => {
  const cases: readonly [expected: string, rule: MarkRule][] = [
    ["tcp 192.0.2.100:80 → mark 5", WEB],
    ["udp 192.0.2.100-192.0.2.110:8000-8010 → mark 5", VOICE],
    ["sctp 192.0.2.101:* → mark 4294967295", SIGNALS],
    ["tcp [2001:db8::10-2001:db8::1f]:443 → mark 6", SIX],
    ["tcp 192.0.2.100:80 by eth0 → mark 5", BY_ETH0],
  ];
  for (const [expected, one] of cases) it(expected, () => assert.equal(markRuleText(one), expected));
});
