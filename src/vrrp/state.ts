/** The states of a virtual router (RFC 9568 §6.4, with Leaving and Fault added). */
export const STATES = ["Initialize", "Backup", "Master", "Leaving", "Fault"] as const;
export type State = (typeof STATES)[number];
