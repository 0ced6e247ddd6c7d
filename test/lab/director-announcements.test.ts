/** How a master announces its addresses, on the wire: as its file says, and never more than that. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openCapture } from "../support/capture.ts";
import { pairFile, startDirector } from "../support/director-process.ts";
import { labSkip } from "../support/lab.ts";
import { sharedLab } from "../support/shared-lab.ts";
import { INNER_VIP, VIP, VIP6 } from "../support/topology.ts";
import { until } from "../support/until.ts";

/** A round of all twelve addresses takes a quarter of a second, and has time until the next burst, however busy the machine. */
const PACE_US = 20_000;
const ANNOUNCE = `[announce]
burst = ["1500ms"]
refresh = "0s"
extra_refresh = "1s"
[routers.front.announce]
repeat = 2
pace = "20ms"
`;

describe("announcements", { skip: labSkip() }, () => {
  const lab = sharedLab();

  it("go out in rounds at a pace, and those of other interfaces are refreshed, also after a second claim", async (context) => {
    const capture = openCapture(context, lab());
    const addresses = Array.from({ length: 10 }, (_, index) => `10.0.0.${101 + index}`);
    const floating = [VIP, ...addresses, VIP6];
    const arms = [...floating.map((one) => `"${one}"`), `{ address = "${INNER_VIP}", interface = "eth1" }`];
    const director = startDirector(context, lab(), "d1", pairFile({ addresses: arms, more: ANNOUNCE }));
    const seen = (address: string) => capture.announcements.filter((one) => one.address === address);

    const outer = () => capture.announcements.filter(({ arm }) => arm === "outer");
    await until("two bursts of two rounds", () => outer().length >= 4 * floating.length);
    const order = outer().map(({ address }) => address);
    assert.deepEqual(order, [...floating, ...floating, ...floating, ...floating]);
    const first = outer().slice(0, 2 * floating.length);
    const took = (first.at(-1)?.stampMicros ?? 0) - (first[0]?.stampMicros ?? 0);
    // The first may have left late by some of a distance.
    assert.ok(took >= (first.length - 2) * PACE_US, `${first.length} frames in ${took} us`);

    await director.state("Master");
    director.signal("SIGUSR2");
    await until("a second claim", () => director.transitions().filter(({ to }) => to === "Master")[1]);
    await until("its bursts", () => outer().length >= 8 * floating.length);
    const claimed = seen(INNER_VIP).length;
    const later = () => seen(INNER_VIP).slice(claimed);
    // Each is of two frames: of the fifth and the first one refreshes are two seconds apart, whatever came before.
    const fifth = await until("refreshes of the inner arm", () => later()[4]);
    const apart = fifth.stampMicros - (later()[0]?.stampMicros ?? 0);
    assert.ok(apart > 1_500_000, `one timer, not one for each claim: ${apart} us`);
    assert.equal(outer().length, 8 * floating.length);
  });
});
