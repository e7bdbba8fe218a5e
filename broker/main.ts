/**
 * The broker program, as a node starts it: its part in `MESH_BROKER`, its log on standard output. SIGTERM, SIGINT and
 * `mesh.stop` end it in order with exit code 0; whatever it cannot go on after ends it at once with last words and 1.
 */
import { systemClock } from '../common/core/clock.js';
import { limits } from '../common/core/limits.js';
import { installLastWords, LAST_WORDS_VARIABLE, writeLastWords } from '../common/log/last-words.js';
import { openLog } from '../common/log/log.js';
import { Broker } from './broker.js';
import { BROKER_VARIABLE, readBrokerOptions } from './options.js';
import { BROKER_NAME } from './process-methods.js';

const lastWordsFile = process.env[LAST_WORDS_VARIABLE];
const describe = () => ({ component: BROKER_NAME });

/** The journal is synced before anything is acknowledged, so an end at any moment loses nothing that was promised. */
function fail(error: unknown): never {
  writeLastWords(lastWordsFile, error, describe);
  process.exit(1);
}

async function run(): Promise<void> {
  const options = readBrokerOptions(process.env[BROKER_VARIABLE]);
  const { machine, epoch, logLevel } = options;
  const log = openLog({ machine, agent: BROKER_NAME, epoch }, logLevel);
  const onFatal = (error: unknown) => {
    log.error({ err: error }, 'the broker cannot go on');
    fail(error);
  };
  const stop = new AbortController();
  const surroundings = { clock: systemClock, log, onFatal, onStopRequest: () => stop.abort('mesh.stop') };
  const broker = new Broker(options, surroundings);
  const opening = broker.open();

  const endInOrder = async () => {
    log.info({ reason: stop.signal.reason }, 'the broker is ending');
    // Twice the time that each part may take: whatever still holds the process then is given up.
    setTimeout(() => onFatal(new Error('the broker did not end in time')), 2 * limits.closeTimeoutMs).unref();
    await opening.catch(() => undefined);
    await broker.close();
    log.info('the broker has ended');
    process.exit(0);
  };
  stop.signal.addEventListener('abort', () => endInOrder().catch(onFatal));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort(signal));
  await opening;
  log.info({ endpoints: broker.endpoints }, 'the broker is ready');
}

installLastWords(lastWordsFile, describe);
run().catch(fail);
