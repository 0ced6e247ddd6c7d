/** What the doctor hears on the wire, and what it says of rules that are there. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pairFile, startDirector } from "../support/director-process.ts";
import { nftSkip } from "../support/lab.ts";
import { inNamespace } from "../support/namespaces.ts";
import { must, run } from "../support/processes.ts";
import { sharedLab } from "../support/shared-lab.ts";
import { openStranger } from "../support/stranger.ts";

const CLI = join(import.meta.dirname, "../../bin/keelson");
const STRANGER_MS = 30;
const RULES = `table inet host {
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    iifname "lo" accept
  }
}
`;

describe("keelson doctor", { skip: nftSkip() }, () => {
  const lab = sharedLab();

  it("hears a stranger with our VRID beside the other director, and finds the rules that would make it deaf", async (context) => {
    const file = join(lab().folder, "doctor.toml");
    writeFileSync(file, pairFile());
    const doctor = async () => {
      const words = ["doctor", "--config", file, "--node", "lb1", "--state-dir", lab().folder];
      return (await run(inNamespace(lab().namespaceOf("d1"), [CLI, ...words]))).stdout;
    };
    const other = startDirector(context, lab(), "d2", pairFile());
    await other.state("Master");
    assert.match(await doctor(), /^ok .+ firewall, strangers, /m);

    const stranger = openStranger(context, lab());
    const bytes = stranger.advert({ priority: 77 });
    const speaking = setInterval(() => stranger.say({ bytes }), STRANGER_MS);
    context.after(() => clearInterval(speaking));
    const found = (await doctor()).split("\n").filter((line) => line.includes(" strangers: "));
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(
      found[0] ?? "",
      /^error +strangers: router front: 10\.0\.0\.11 on \S+ sends .+ priority 77,/,
    );
    clearInterval(speaking);

    const nft = (input: string) => must(inNamespace(lab().namespaceOf("d1"), ["nft", "-f", "-"]), { input });
    await nft(RULES);
    context.after(() => nft("flush ruleset\n"));
    const text = await doctor();
    const [, fix = ""] = /^error +firewall: chain input .+\n +→ nft (insert rule .+)$/m.exec(text) ?? [];
    await nft(`${fix}\n`);
    assert.match(await doctor(), /^ok .+ firewall, strangers, /m);
  });
});
