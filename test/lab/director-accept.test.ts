/** Addresses that this host's own programs do not get. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { monotonicMicros } from "dgram-extras";
import { NetlinkChannel } from "../../src/linux/netlink/netlink-channel.ts";
import { askClosedTable } from "../../src/netlink/closed-table.ts";
import { NETLINK_NETFILTER } from "../../src/netlink/nftables.ts";
import { pairFile, startDirector } from "../support/director-process.ts";
import { labSkip } from "../support/lab.ts";
import { sharedLab } from "../support/shared-lab.ts";
import { startStream } from "../support/traffic.ts";
import { until } from "../support/until.ts";

/** A stream that nobody answers for so long is not answered. */
const SILENCE_MICROS = 300_000;
const CLOSED = pairFile({ router: "accept = false" });
const OPEN = pairFile({ router: "accept = true" });

describe("an address that accepts nothing", { skip: labSkip() }, () => {
  const lab = sharedLab();
  const hasTable = () => {
    const channel = new NetlinkChannel({
      protocol: NETLINK_NETFILTER,
      namespace: lab().namespacePathOf("d1"),
    });
    const [answer] = channel.ask([askClosedTable()]);
    channel.close();
    return answer?.refusal?.code !== "ENOENT";
  };

  it("answers nobody but this host, by the file of the moment, and nothing of it outlives a stop or a crash", async (context) => {
    const first = startDirector(context, lab(), "d1", CLOSED);
    await first.state("Master");
    const [outside, inside] = [await startStream(lab()), await startStream(lab(), { node: "d1" })];
    context.after(() => Promise.all([outside.stop(), inside.stop()]));
    const isSilent = () => monotonicMicros() - (outside.latest?.sentMicros ?? 0) > SILENCE_MICROS;

    await inside.answeredSince(monotonicMicros());
    assert.equal(outside.latest, undefined);
    first.write(OPEN);
    assert.equal((await first.reload()).kind, "accepted");
    await outside.answeredSince(monotonicMicros());
    assert.equal(hasTable(), false);

    first.write(CLOSED);
    assert.equal((await first.reload()).kind, "accepted");
    await until("silence", isSilent);
    await inside.answeredSince(monotonicMicros());
    await first.crash();
    assert.equal(hasTable(), true);
    const second = startDirector(context, lab(), "d1", OPEN, { successorOf: first });
    await second.state("Master");
    await outside.answeredSince(monotonicMicros());

    second.write(CLOSED);
    assert.equal((await second.reload()).kind, "accepted");
    assert.equal(hasTable(), true);
    second.signal("SIGTERM");
    await until("the end of the table", () => !hasTable());
  });
});
