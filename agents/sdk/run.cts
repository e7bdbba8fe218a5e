/**
 * Entry of an agent's process: `node run.cjs MODULE`. CommonJS, because a process that needs no ECMAScript module before its
 * agent's own is running earlier.
 */
void import('./agent-process.js').then(({ runAgent }) => runAgent(process.argv[2], (url) => import(url)));
