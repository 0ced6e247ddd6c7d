import { describe } from "node:test";
import { but, checkIssues, DIRECTORS, ROUTER } from "../support.ts";

/** The file with these addresses. */
function floating(addresses: string): string {
  const file = DIRECTORS + ROUTER;
  return but('"192.0.2.100", { address = "10.0.0.1/24", interface = "eth1" }', addresses, file);
}

describe("what is written beside an address", () => {
  checkIssues([
    [
      "of IPv4",
      floating(
        '{ address = "192.0.2.100/24", label = "eth0:vip", scope = "link", broadcast = true, prefix_route = false }',
      ),
    ],
    [
      "of IPv6",
      floating('{ address = "2001:db8::100/64", deprecated = true, home = true, prefix_route = false }'),
    ],
    [
      "of IPv4 with IPv6's words",
      floating('{ address = "192.0.2.100", deprecated = ^true, home = ^false }'),
      "key-of-other-family",
      "key-of-other-family",
    ],
    [
      "of IPv6 with IPv4's words",
      floating('{ address = "2001:db8::100", label = ^"eth0:vip", scope = ^"link", broadcast = ^true }'),
      "key-of-other-family",
      "key-of-other-family",
      "key-of-other-family",
    ],
    [
      "a broadcast without a network",
      floating('{ address = "192.0.2.100", broadcast = ^true }'),
      "broadcast-without-network",
    ],
    [
      "a broadcast of another network",
      floating('{ address = "192.0.2.100/24", broadcast = ^"192.0.3.255" }'),
      "broadcast-without-network",
    ],
    ["no broadcast at all", floating('{ address = "192.0.2.100", broadcast = false }')],
    [
      "a label that is too long",
      floating('{ address = "192.0.2.100", label = ^"0123456789abcdef" }'),
      "bad-label",
    ],
    ["a scope of nobody", floating('{ address = "192.0.2.100", scope = ^"galaxy" }'), "unknown-value"],
  ]);
});
