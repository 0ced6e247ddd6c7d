import assert from "node:assert/strict";
import { decodeDestination } from "../../src/ipvs/destination.ts";
import { decodeInfo } from "../../src/ipvs/info.ts";
import { decodeService } from "../../src/ipvs/service.ts";
import { ip } from "../../src/net/ip.ts";
import { decodeChange } from "../../src/netlink/change.ts";
import { Exchange } from "../../src/netlink/exchange.ts";
import { decodeGuePort } from "../../src/netlink/fou.ts";
import { decodeFamily } from "../../src/netlink/generic.ts";
import { markChanges } from "../../src/netlink/mark-table.ts";
import { changeRequest, type Message, splitMessages } from "../../src/netlink/message.ts";
import { decodeProcEvent } from "../../src/netlink/proc-event.ts";
import { GOLDEN_NAMES, goldenBytes } from "../netlink/golden.ts";
import { fuzz } from "../support/fuzz.ts";

const HEADER_SIZE = 16;
const NFT_NEWSETELEM = 0xa0c;
const REQUEST = changeRequest("X", 16, new Uint8Array());
const service = { kind: "address", protocol: 6, address: ip("192.0.2.100"), port: 80 } as const;

const named = (pattern: RegExp) => GOLDEN_NAMES.filter((name) => pattern.test(name)).map(goldenBytes);

/** Mutates the body only: in the header nearly every mutation ends at the length, and nothing behind it is tried. */
function fuzzBody(name: string, pattern: RegExp, decode: (message: Message) => unknown): void {
  const seeds = named(pattern);
  const types = new Set(seeds.map((bytes) => splitMessages(bytes).messages[0]?.type ?? 0));
  const bodies = seeds.map((bytes) => bytes.subarray(HEADER_SIZE));
  fuzz(name, bodies, (body) => {
    for (const type of types) decode({ type, flags: 0, sequence: 1, body });
  });
}

fuzz("splitMessages", named(/./), (bytes) => {
  const { messages } = splitMessages(bytes);
  const total = messages.reduce((sum, { body }) => sum + HEADER_SIZE + body.length, 0);
  assert(total <= bytes.length);
});

fuzz("Exchange", named(/^ipvs-(ack|error)/), (bytes) => {
  const exchange = new Exchange([REQUEST], 1);
  exchange.take(bytes);
  assert.equal(exchange.answers().length, 1);
});

fuzzBody("decodeChange", /^rtnl-/, decodeChange);
fuzzBody("decodeFamily", /^genl-/, decodeFamily);
fuzzBody("decodeGuePort", /^fou-port-/, decodeGuePort);
fuzzBody("decodeProcEvent", /^proc-/, decodeProcEvent);
fuzz("markChanges", named(/^nft-marks-listing/), (bytes) => {
  const { messages } = splitMessages(bytes);
  const [elements, frame] = [true, false].map((wanted) => {
    return messages.filter(({ type }) => (type === NFT_NEWSETELEM) === wanted);
  });
  const { requests, changes } = markChanges({ frame: frame ?? [], elements: elements ?? [] }, []);
  assert.ok(requests.length > 0 || changes.length === 0);
});
fuzzBody("decodeInfo", /^ipvs-get-info/, decodeInfo);
fuzzBody("decodeService", /^ipvs-(new-service|service)/, decodeService);
fuzzBody("decodeDestination", /^ipvs-(new-dest|dest)/, (message) => decodeDestination(message, service));
