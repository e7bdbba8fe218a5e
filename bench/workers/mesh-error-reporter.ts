/** Reports the same error again and again, and awaits none before it makes the next. Arguments: the node, its name. */
import { setTimeout as delay } from 'node:timers/promises';
import { MeshClient } from '../../agents/sdk/mesh-client.js';
import { argumentAt, serveTasks } from '../work/worker-channel.js';

const mesh = await MeshClient.connect({ node: argumentAt(0), name: argumentAt(1) });
/** Set before a flood: its number, and how long it lasts. */
let flood = 0;
let floodMs = 0;

async function report(count: number): Promise<void> {
  const answers = new Set<Promise<unknown>>();
  const startMs = performance.now();
  for (let made = 0; made < count; ) {
    const elapsedMs = performance.now() - startMs + TURN_MS;
    for (const dueCount = Math.min(count, (elapsedMs / floodMs) * count); made < dueCount; made++)
      answers.add(mesh.report(new Error(`flood ${flood}`), { code: 'FLOOD', fingerprint: `flood ${flood}` }));
    await delay(TURN_MS);
    if (answers.size < ANSWERS_MAX) continue;
    await Promise.all(answers);
    answers.clear();
  }
  await Promise.all(answers);
}

serveTasks({
  number: (value) => {
    flood = value;
  },
  lasts: (ms) => {
    floodMs = ms;
  },
  report,
});

const TURN_MS = 5;
const ANSWERS_MAX = 10_000;
