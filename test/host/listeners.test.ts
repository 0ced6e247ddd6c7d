import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { listenersIn } from "../../src/host/listeners.ts";

const HEAD =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const REST = "00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n";

describe("the kernel's tables of sockets", () => {
  it("name who listens, in both families", () => {
    const four = `${HEAD}   0: 0100007F:0CEA 00000000:0000 0A ${REST}`;
    assert.deepEqual(listenersIn(four, "tcp"), [{ protocol: "tcp", address: "127.0.0.1", port: 3_306 }]);
    const nobody = "0".repeat(32);
    const six = `${HEAD}   0: 00000000000000000000000001000000:0019 ${nobody}:0000 0A ${REST}`;
    assert.deepEqual(listenersIn(six, "tcp"), [{ protocol: "tcp", address: "::1", port: 25 }]);
  });

  it("have others, too: connections, UDP sockets with a peer, lines that are none", () => {
    // The example of the kernel's own proc_net_tcp.txt.
    const connected = `  46: 010310AC:9C4C 030310AC:1770 01 ${REST}`;
    assert.deepEqual(listenersIn(`${HEAD}${connected}nonsense\n`, "tcp"), []);
    const udp = `  46: 010310AC:0035 00000000:0000 07 ${REST}  47: 010310AC:9C4C 030310AC:0035 01 ${REST}`;
    assert.deepEqual(listenersIn(udp, "udp"), [{ protocol: "udp", address: "172.16.3.1", port: 53 }]);
  });

  it("of this kernel have a socket of ours", async (context) => {
    const server = createServer().listen(0, "127.0.0.1");
    context.after(() => server.close());
    await once(server, "listening");
    const address = server.address();
    assert(address !== null && typeof address === "object");
    const found = listenersIn(readFileSync("/proc/net/tcp", "utf8"), "tcp");
    assert(found.some((one) => one.address === "127.0.0.1" && one.port === address.port));
  });
});
