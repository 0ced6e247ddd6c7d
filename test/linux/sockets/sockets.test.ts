/** Which sockets there are, for which routers: on the loopback interface, and nothing is sent. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { RouteClient } from "../../../src/linux/netlink/route-client.ts";
import { Sockets } from "../../../src/linux/sockets/sockets.ts";
import { ip } from "../../../src/net/ip.ts";
import type { LinkInfo } from "../../../src/netlink/link.ts";
import { multicastTransport, type Transport } from "../../../src/vrrp/settings.ts";
import { labSkip } from "../../support/lab.ts";

const LOOPBACK = "lo";
const ANOTHER_GROUP: Transport = {
  ...multicastTransport(4),
  audience: { kind: "group", group: ip("224.0.0.200") },
};

describe("sockets", { skip: labSkip() }, () => {
  let open: Sockets | undefined;

  afterEach(() => open?.close());

  /** How many sockets for adverts were opened, after each fitting. */
  function openings(...fittings: (readonly { readonly vrid: number; readonly transport: Transport }[])[]) {
    let count = 0;
    const sockets = new Sockets({
      packets: () => {},
      announcements: () => {},
      opened: () => {
        count += 1;
      },
    });
    open = sockets;
    const link = loopback();
    return fittings.map((routers) => {
      const there = { interface: LOOPBACK, virtualLinks: [], addresses: [] };
      assert.deepEqual(
        sockets.fit(
          routers.map((router) => ({ ...there, ...router })),
          () => link,
        ),
        [],
      );
      return count;
    });
  }

  const router = (vrid: number, transport: Transport = multicastTransport(4)) => ({ vrid, transport });

  it("tell of one that is opened", () => {
    assert.deepEqual(openings([], [router(51)]), [0, 1]);
  });

  it("have one for all routers of an interface, and keep it when there are others", () => {
    assert.deepEqual(openings([router(51)], [router(51), router(52)], [router(52)]), [1, 1, 1]);
  });

  it("tell of one that replaces another: what was expected there is not known to it", () => {
    assert.deepEqual(openings([router(51)], [router(51, ANOTHER_GROUP)]), [1, 2]);
  });
});

function loopback(): LinkInfo {
  const route = new RouteClient();
  const found = route.links().find(({ name }) => name === LOOPBACK);
  route.close();
  assert.ok(found);
  return found;
}
