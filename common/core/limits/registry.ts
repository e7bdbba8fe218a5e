/** Bounds of the registry and of the heartbeats that keep it true. */
export const registry = {
  machinesMax: 256,
  agentsPerMachineMax: 256,
  actionsPerAgentMax: 128,
  /** Changes kept for watchers; one that is further behind gets a snapshot instead. */
  registryChangesKept: 4_096,
  /** The node's word to the registry, and the agent's word to its node. */
  heartbeatIntervalMs: 1_000,
  /** A machine (or agent) that was silent this long is out of reach (or busy): three words missed and some jitter. */
  heartbeatTimeoutMs: 3_500,
  /** Reasons of one instance's health: more than there are signs that can cost something. */
  healthReasonsMax: 8,
  /** Longest a watch or read is held open before it is answered with nothing new. */
  longPollMsMax: 30_000,
} as const;
