import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { identityOf } from "../../src/delivery/accounts.ts";

const PASSWD = `root:x:0:0:root:/root:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
broken:x:many:1::/:
+nis::::::
page:x:900:901::/:/bin/false
page:x:0:0::/:/bin/false
`;
const GROUP = "root:x:0:\nnogroup:x:65534:\nnet:x:44:page,root\n";
const FILES = { passwd: PASSWD, group: GROUP };
const OURS = { ...FILES, passwd: `${PASSWD}keelson_script:x:800:801::/:/bin/false\n` };

describe("whom a script runs as", () => {
  const cases: [string, { user?: string; group?: string }, boolean, typeof FILES, string][] = [
    ["nobody for root", {}, true, FILES, "65534:65534"],
    ["a user of Keelson's own, if there is one", {}, true, OURS, "800:801"],
    ["ourselves, if we are not root", {}, false, OURS, "as we are"],
    ["the named user, with its group", { user: "page" }, true, FILES, "900:901"],
    ["the named user and group", { user: "page", group: "net" }, true, FILES, "900:44"],
    ["nobody with the named group", { group: "net" }, true, FILES, "65534:44"],
    ["no user that is not there", { user: "pag" }, true, FILES, "no user pag"],
    ["no user without a number", { user: "broken" }, true, FILES, "no user broken"],
    ["no group that is not there", { user: "page", group: "x" }, true, FILES, "no group x"],
    ["no root by accident", {}, true, { passwd: "", group: "" }, "no user keelson_script or nobody"],
  ];
  for (const [name, settings, isRoot, files, expected] of cases) {
    it(name, () => {
      const found = identityOf(settings, isRoot, files);
      const { uid, gid } = (found.kind === "found" ? found.identity : undefined) ?? {};
      const text = uid === undefined ? "as we are" : `${uid}:${gid}`;
      assert.equal(found.kind === "unknown" ? found.detail : text, expected);
    });
  }
});
