/** What only the host knows: would this director's part of a cluster file run here, now? Changes nothing. */
import { DEFAULT_STATE_DIR } from "../../channel/options.ts";
import type { DirectorSettings } from "../../config/settings.ts";
import { diagnose, findingText } from "../../host/doctor.ts";
import type { HostPicture } from "../../host/picture.ts";
import { refusalOf } from "../refusal.ts";
import { readHost } from "./host-picture.ts";

interface HostIssues {
  /** With these it cannot run. */
  readonly errors: readonly string[];
  /** It runs, but worse than it could. */
  readonly warnings: readonly string[];
}

export function hostIssues(settings: DirectorSettings): HostIssues {
  let host: HostPicture | undefined;
  const unreadable = refusalOf(() => {
    host = readHost(settings, DEFAULT_STATE_DIR);
  });
  if (host === undefined) {
    return { errors: [`this host's interfaces cannot be read: ${unreadable?.text}`], warnings: [] };
  }
  const { findings } = diagnose(settings, host);
  const textsOf = (wanted: "error" | "warning") =>
    findings.filter(({ level }) => level === wanted).map(findingText);
  return { errors: textsOf("error"), warnings: textsOf("warning") };
}
