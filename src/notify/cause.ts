/** Why a service or a server is in a state. The names are stable. */
import type { HealthCause } from "../checks/health.ts";

/** Where no check says so. */
export const SERVICE_CAUSES = {
  configured: "a start or a reload found it so",
  "too-few": "fewer servers, or less weight, than the quorum needs",
  enough: "as many servers, or as much weight, as the quorum needs",
  suspect: "almost all servers are silent, which may be this director's own fault",
  unsuspected: "enough servers are healthy, or one answers, or another director serves",
  stopping: "Keelson ends in order, and asks the servers no more",
} as const;

export type ServiceCause = HealthCause | keyof typeof SERVICE_CAUSES;
