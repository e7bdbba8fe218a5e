/** Follows log files through rotation, truncation and restarts; lines that match become records and errors, each once. */
import { messageOf } from '../../common/core/errors.js';
import type { AgentLog } from '../../common/log/log.js';
import { defineAgent } from '../sdk/define-agent.js';
import { repeat } from '../sdk/repeat.js';
import { LogFollower } from './log-follower.js';
import { isPassing } from './position-store.js';
import { WatchConfig } from './watch-config.js';

/** What passes by itself is tried again in the next round; anything else ends the agent, visibly. */
async function tried(work: () => Promise<void>, log: AgentLog): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isPassing(error)) throw error;
    log.warn({ reason: messageOf(error) }, 'this round failed and is done again');
  }
}

function logWatcherAgent() {
  let follower: LogFollower | undefined;
  let running: Promise<void> | undefined;
  return defineAgent({
    name: 'log-watcher',
    description: 'Lines of log files as records and errors',
    capabilities: ['log-follow'],
    config: WatchConfig,
    actions: {
      files: {
        description: 'The files it follows, and how far each was read.',
        run: () => ({ files: follower?.files ?? [] }),
      },
    },
    async onStart(context) {
      const opened = new LogFollower(context);
      follower = opened;
      const { config, log, signal } = context;
      const readAll = async () => {
        for (let isDone = false; !isDone && !signal.aborted; ) isDone = (await opened.pollOnce()).isDone;
      };
      await tried(() => opened.find(), log); // ready means: what is written from now on is noticed
      running = repeat(config.pollMs, signal, () => tried(readAll, log));
    },
    async onStop({ log }) {
      await running;
      await follower?.stop().catch((error: unknown) => {
        log.warn({ reason: messageOf(error) }, 'the last positions were not stored: some lines are looked at again');
      });
    },
  });
}

export default logWatcherAgent();
