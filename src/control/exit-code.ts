/** What the exit codes of every verb mean. */
export const EXIT = {
  done: 0,
  /** Asked for something that is not done: a wrong option, a refusal of the daemon. */
  refused: 1,
  badFile: 2,
  /** No daemon is there to ask. */
  absent: 3,
} as const;
