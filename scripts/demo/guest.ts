/** Runs the story in user-mode Linux, and shows what it tells as it comes. */
import { join } from "node:path";
import { runInGuest } from "../../test/support/user-mode-linux.ts";
import { MARK } from "./narrator.mjs";

const ROOT = join(import.meta.dirname, "../..");
const STORY = [process.execPath, "scripts/demo/story.mjs", "--guest", "--marked", ...process.argv.slice(2)];

let line = "";

const result = await runInGuest(["sh", "-c", 'exec "$@" > /dev/console', "sh", ...STORY], {
  timeoutSeconds: 300,
  memoryMegabytes: 1024,
  modules: ["ip_vs", "ip_vs_wrr", "veth", "bridge"],
  cwd: ROOT,
  onConsole: show,
});
process.stderr.write(result.stderr);
process.exitCode = result.status;

/** The console has the kernel's own lines, too. */
function show(text: string): void {
  const lines = (line + text).split("\n");
  line = lines.pop() ?? "";
  for (const one of lines.filter((told) => told.startsWith(MARK)))
    process.stdout.write(`${one.slice(MARK.length).trimEnd()}\n`);
}
