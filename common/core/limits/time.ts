/** Times that belong to no subject alone. */
export const time = {
  requestTimeoutMs: 5_000,
  /** How long the command line waits for a node or broker before it says that it is out of reach: with the start of the
   *  process on a busy box that is under two seconds. */
  cliConnectTimeoutMs: 1_000,
  closeTimeoutMs: 2_000,
} as const;
