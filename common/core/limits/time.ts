/** Times that belong to no subject alone. */
export const time = {
  requestTimeoutMs: 5_000,
  /** How long the command line waits for a node or broker before it says that it is out of reach: with the start of the
   *  process on a busy box that is under two seconds. */
  cliConnectTimeoutMs: 1_000,
  closeTimeoutMs: 2_000,
  /** By more than this a clock on the wall is not put right, but set. What it says then is believed, where that deletes
   *  something, when it has said so for a day: a person has seen it by then, and a day more of records does no harm. */
  clockStepMs: 3_600_000,
  clockBelievedMs: 86_400_000,
} as const;
