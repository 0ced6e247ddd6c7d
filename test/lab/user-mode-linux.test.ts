/** The runner itself: what a guest hands back, and that nothing stays behind. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runInGuest } from "../support/user-mode-linux.ts";

const ROOT = join(import.meta.dirname, "../..");
const skip = existsSync("/usr/bin/linux.uml") ? false : "needs the Debian package user-mode-linux";
const options = { timeoutSeconds: 60, memoryMegabytes: 256, modules: ["dummy"], cwd: ROOT };

test("a guest hands back status, output and errors, and cannot write to the host", { skip }, async () => {
  const script = `pwd; printf '<%s>\\n' "$@"; echo lost >&2; touch ./written 2>/dev/null && echo wrote; exit 7`;
  const result = await runInGuest(["sh", "-c", script, "sh", "it's", 'two "words"', "$HOME"], options);
  assert.equal(result.stdout, `${ROOT}\n<it's>\n<two "words">\n<$HOME>\n`);
  assert.deepEqual([result.status, result.stderr], [7, "lost\n"]);
  assert.ok(!existsSync(join(ROOT, "written")));
  assert.deepEqual(leftovers(), []);
});

test("a guest that does not end in time is killed and gives no result", { skip }, async () => {
  const endless = runInGuest(["sleep", "1000"], { ...options, timeoutSeconds: 3 });
  await assert.rejects(endless, /the guest gave no result/);
  assert.deepEqual(leftovers(), []);
});

/** Folders of guests of this process; other test runs may have theirs. */
function leftovers(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`kl-${process.pid}-`));
}
