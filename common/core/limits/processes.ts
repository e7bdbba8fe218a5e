/** Bounds of the processes that a node keeps: their starts, ends, probes and resources. */
export const processes = {
  /** From SIGTERM to SIGKILL of an agent's process group. */
  stopGraceMs: 5_000,
  readyTimeoutMs: 20_000,
  /** Arguments of one command, and the length of each: the kernel takes more, a set that needs more is a mistake. */
  commandArgumentsMax: 256,
  commandArgumentMax: 4_096,
  /** Agents that may be starting at once, for each processor: a starting process waits for the disk half of the time. */
  launchPerCore: 2,
  /** Restart budget: more starts than this within the window, and the agent is quarantined with one error. */
  restartStarts: 5,
  restartStartsMax: 1_000,
  restartWindowMs: 60_000,
  restartFirstMs: 200,
  restartMaxMs: 30_000,
  /** An incarnation that lived this long has proven itself: the next crash begins the backoff anew. */
  restartStableMs: 30_000,
  /** What a process leaves behind is killed and looked for again for this long; then it is said that it stays. */
  remainsMs: 5_000,
  /** A process that began to start so recently takes part in the rush that "launch.parallel" bounds; one that takes longer
   *  waits for something, and must not keep the others from starting. */
  launchRushMs: 5_000,
  /** Wait before a broker that crashed is started again, at most: its whole machine waits for it. */
  brokerRestartMaxMs: 2_000,
  /** How often a process that an earlier node started is looked at, because no event tells of its end. */
  adoptedLookMs: 50,
  /** How long an agent must go on serving in a rollout before the next one is touched: what ends at its first real work
   *  ends within that. */
  rolloutStableMs: 1_000,
  /** A hook that takes longer is killed; the turn of life that it belongs to goes on. */
  hookTimeoutMs: 10_000,
  /** Users that no file of the machine names are asked of its directory service; a start waits this long for it. */
  userLookUpMs: 1_000,
  probeIntervalMs: 1_000,
  probeTimeoutMs: 1_000,
  probeFailures: 3,
  /** Characters of a line that a pattern of the configuration is tried on: what is behind them is not looked at, so that
   *  a pattern that backtracks costs a bounded time. */
  probeLineMax: 2_048,
  /** A ready probe is asked again after this, then after twice as long, up to its interval: a quick start is seen at once,
   *  a slow one costs little. */
  probeEagerMs: 50,
  /** One look at the resources of every agent, and how many looks are kept: an hour. */
  usageIntervalMs: 5_000,
  usageSamplesKept: 720,
  /** Points per agent of an answer about all agents: with every one of them it must fit a control frame. */
  usagePointsMax: 120,
  /** One look at those that have a limit of memory or files: two looks over it and they are drained. */
  limitIntervalMs: 1_000,
  /** What the kernel allows, of an agent's limit of memory: room for two looks and a drain before it kills. */
  kernelMemoryPercent: 125,
} as const;
