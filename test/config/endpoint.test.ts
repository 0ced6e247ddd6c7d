import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settingsFor } from "../../src/config/settings.ts";
import { listenText, listenTexts } from "../../src/ipvs/listen.ts";
import { ALL, but, checkIssues, clusterOf, DIRECTORS } from "./support.ts";

const file = (list: string) => `${DIRECTORS}
[services.web]
listen = ${list}
check.type = "none"
[services.web.servers.rs1]
address = "2001:db8::11"
forward = "tunnel"
`;
const listen = (list: string) => settingsFor(clusterOf(file(list)), "lb1").services[0]?.listen ?? [];

describe("an entry of `listen` stands for", () => {
  const cases: readonly [name: string, list: string, ...expected: string[]][] = [
    ["one endpoint", '["192.0.2.1:80"]', "192.0.2.1:80"],
    ["one of IPv6", '["[2001:DB8::0:1]:80"]', "[2001:db8::1]:80"],
    ["ports", '["192.0.2.1:80,443"]', "192.0.2.1:80", "192.0.2.1:443"],
    [
      "a range of ports",
      '["[2001:db8::1]:80-81,90"]',
      "[2001:db8::1]:80",
      "[2001:db8::1]:81",
      "[2001:db8::1]:90",
    ],
    ["addresses", '["192.0.2.254-255:80"]', "192.0.2.254:80", "192.0.2.255:80"],
    [
      "addresses of IPv6",
      '["[2001:db8::fe-101]:80"]',
      ...["fe", "ff", "100", "101"].map((last) => `[2001:db8::${last}]:80`),
    ],
    [
      "each address with each port",
      '["192.0.2.1-2:80-81"]',
      "192.0.2.1:80",
      "192.0.2.1:81",
      "192.0.2.2:80",
      "192.0.2.2:81",
    ],
    ["a mark", "[{ mark = 5, family = 6 }]", "mark 5 (IPv6)"],
    ["both in one list", '["192.0.2.1:80", { mark = 5, family = 4 }]', "192.0.2.1:80", "mark 5 (IPv4)"],
  ];
  for (const [name, list, ...expected] of cases) {
    it(name, () => assert.deepEqual(listen(list).map(listenText), expected));
  }

  it("as many as there may be, of which a line shows a few", () => {
    const all = listen('["192.0.2.1:1-4096"]');
    assert.equal(all.length, 4_096);
    assert.equal(listenTexts(all), "192.0.2.1:1, 192.0.2.1:2, 192.0.2.1:3, 192.0.2.1:4 and 4092 more");
  });
});

describe("listen", () => {
  const listening = (list: string) => but('["192.0.2.100:80"]', list);
  checkIssues([
    ["without a port", listening('[^"192.0.2.100"]'), "bad-endpoint"],
    ["without the brackets of IPv6", listening('[^"2001:db8::1:80"]'), "bad-endpoint"],
    ["without an address", listening('[^":80"]'), "bad-address"],
    ["with a bracket alone", listening('[^"[2001:db8::1:80"]'), "bad-endpoint"],
    ["at a port too many", listening('[^"192.0.2.100:80,65536"]'), "bad-port"],
    ["at ports the wrong way round", listening('[^"192.0.2.100:81-80"]'), "bad-port"],
    ["at ports without end", listening('[^"192.0.2.100:80-"]'), "bad-port"],
    ["at addresses the wrong way round", listening('[^"192.0.2.100-99:80"]'), "bad-range"],
    ["at addresses beyond the octet", listening('[^"192.0.2.100-256:80"]'), "bad-range"],
    ["at a range of whole addresses", listening('[^"192.0.2.100-192.0.2.110:80"]'), "bad-range"],
    ["at too many ports", listening('[^"192.0.2.100:1-4097"]'), "too-many"],
    ["at too many addresses", listening('[^"[2001:db8::1-1001]:80"]'), "too-many"],
    ["at too many of both", listening('[^"192.0.2.100-101:1-2049"]'), "too-many"],
    ["at too many together", listening('^["192.0.2.100:1-4096", "192.0.2.101:80"]'), "too-many"],
    ["to the mark of everything", listening("[{ mark = ^0, family = 4 }]"), "out-of-range"],
    ["to a mark of no family", listening("[^{ mark = 5 }]"), "missing-key"],
    ["to a mark of another family", listening("[{ mark = 5, family = ^5 }]"), "unknown-value"],
    [
      "to a mark twice",
      listening("[{ mark = 5, family = 4 }, { mark = 6, family = 4 }, ^{ mark = 5, family = 4 }]"),
      "listen-taken",
    ],
    ["twice within an entry", listening('[^"192.0.2.100:80,80-81"]'), "listen-taken"],
    ["where another entry does", listening('["192.0.2.100:80", ^"192.0.2.100:79-81"]'), "listen-taken"],
  ]);
});

describe("the address of a server", () => {
  const server = (address: string) => but('"10.0.0.11:8080"', address, ALL);
  const second = (address: string) => `${ALL}[services.web.servers.rs2]\naddress = ^"${address}"`;
  checkIssues([
    ["without a port", server('"10.0.0.11"')],
    ["with one that is none", server('^"10.0.0.11:0"'), "bad-port"],
    ["with two", server('^"10.0.0.11:80,81"'), "bad-port"],
    ["with a name", server('^"rs1:80"'), "bad-address"],
    ["without a port, and with the service's", second("10.0.0.11").replace("8080", "80"), "server-taken"],
    ["without a port, and with another", second("10.0.0.11").replace("^", "")],
  ]);
});
