/** What only the host knows about its part of a cluster file. */
import type { DirectorSettings } from "../config/settings.ts";

/** What keeps this host from running these settings, a sentence each. */
export async function hostIssues(settings: DirectorSettings): Promise<readonly string[]> {
  return [`${settings.director}: looking at the host is not supported yet`];
}
