/**
 * How Node is to run a node: lean. Left to itself the engine keeps 34 MB for young objects after the rush of a start, and
 * compiles for speed; a node has one word of each agent a second to answer. Measured with 74 agents: 104 MB against 140.
 */
const LEAN = [
  { flag: '--optimize-for-size', name: /optimize[-_]for[-_]size/ },
  // With one megabyte the collector took as much of a flood of records as the node itself; four cost an idle node nothing.
  { flag: '--max-semi-space-size=4', name: /max[-_]semi[-_]space[-_]size/ },
  // Each helper of the engine keeps some two megabytes of the memory it once used, and there is little to help with.
  { flag: '--v8-pool-size=1', name: /v8[-_]pool[-_]size/ },
];

/** Arguments before the program. What the user's NODE_OPTIONS say of the same matter stands. */
export const nodeFlags = ({ NODE_OPTIONS = '' }: NodeJS.ProcessEnv): string[] =>
  LEAN.filter(({ name }) => !name.test(NODE_OPTIONS)).map(({ flag }) => flag);
