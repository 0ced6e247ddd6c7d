/** The version of this installation, from its package.json. */
import { readFileSync } from "node:fs";

/** As it is built, all of the program is in one folder. */
const MANIFEST = import.meta.url.endsWith(".ts") ? "../../package.json" : "../package.json";

export function installedVersion(): string {
  const text = readFileSync(new URL(MANIFEST, import.meta.url), "utf8");
  return /"version":\s*"([^"]+)"/.exec(text)?.[1] ?? "unknown";
}
