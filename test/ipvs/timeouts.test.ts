import assert from "node:assert/strict";
import { it } from "node:test";
import { decodeTimeouts, getTimeouts, setTimeouts } from "../../src/ipvs/timeouts.ts";
import { encodeRequest, type Request } from "../../src/netlink/message.ts";
import { goldenBytes, goldenMessage } from "../netlink/golden.ts";
import { toHex } from "../support/golden.ts";

const DEFAULTS = { tcp: 900, tcp_fin: 120, udp: 300 };
const encoded = (request: Request) => toHex(encodeRequest(request, 1));

it("timeouts are set and asked for as ipvsadm does", () => {
  assert.equal(encoded(setTimeouts(0x1c, DEFAULTS)), toHex(goldenBytes("ipvs-set-config")));
  assert.equal(encoded(getTimeouts(0x1c)), toHex(goldenBytes("ipvs-get-config")));
});

it("decodeTimeouts reads all three, and nothing else", () => {
  const message = goldenMessage("ipvs-get-config-reply");
  assert.deepEqual(decodeTimeouts(message), DEFAULTS);
  assert.equal(decodeTimeouts(goldenMessage("ipvs-get-config")), undefined);
  for (let length = 0; length < message.body.length; length++) {
    assert.equal(decodeTimeouts({ ...message, body: message.body.subarray(0, length) }), undefined);
  }
});
