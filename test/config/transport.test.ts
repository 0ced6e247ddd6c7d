/** Where the other directors speak from, as far as a cluster file says it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settingsFor } from "../../src/config/settings.ts";
import { ALL, but, clusterOf } from "./support.ts";

function directorsIn(file: string): readonly string[] | undefined {
  const audience = settingsFor(clusterOf(file), "lb1").routers[0]?.transport.audience;
  return audience?.kind === "group" ? audience.directors : undefined;
}

const ADDRESS = 'address = "192.0.2.12"';
const SIX = but('["192.0.2.100", { address = "10.0.0.1/24", interface = "eth1" }]', '["2001:db8::100"]');

describe("the other directors", () => {
  for (const [what, file, expected] of [
    ["have an address each", ALL, ["192.0.2.12"]],
    ["may have several", but(ADDRESS, 'address = ["192.0.2.12", "10.0.0.12"]'), ["192.0.2.12", "10.0.0.12"]],
    ["may have none", but(ADDRESS, ""), undefined],
    ["may have another source", but("vrid", 'source = { lb2 = "192.0.2.22" }\nvrid'), ["192.0.2.22"]],
    ["speak IPv6 from a link-local address, which this file does not give", SIX, undefined],
    ["speak IPv6 from a link-local address", but(ADDRESS, 'address = "fe80::12"', SIX), ["fe80::12"]],
  ] as const)
    it(what, () => assert.deepEqual(directorsIn(file), expected));
});
