/** The agents that come with the mesh, from their configuration to their end. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import echo from '../../agents/echo/agent.js';
import hostMonitor from '../../agents/host-monitor/agent.js';
import httpProbe from '../../agents/http-probe/agent.js';
import logWatcher from '../../agents/log-watcher/agent.js';
import type { AgentDefinition } from '../../agents/sdk/define-agent.js';
import { loadFleet } from '../../common/config/fleet-config.js';
import { compile } from '../../common/protocol/schema.js';
import { expectRejection } from '../support/expect-error.js';
import { StartedAgent } from '../support/fakes/agent-process.js';
import { useTempFolder } from '../support/temp-folder.js';
import { until } from '../support/wait-for.js';

const builtIn: Readonly<Record<string, AgentDefinition>> = {
  echo,
  'host-monitor': hostMonitor,
  'http-probe': httpProbe,
  'log-watcher': logWatcher,
};

describe('the agents of the sample fleet', () => {
  const fleet = loadFleet({ home: fileURLToPath(new URL('../../..', import.meta.url)) });
  const agents = [...fleet.machines.values()].flatMap((machine) => machine.agents);
  for (const { instance, program, config } of agents) {
    it(`${instance} is configured as its schema says`, () => {
      const schema = program.kind === 'module' ? builtIn[program.module]?.config : undefined;
      if (schema === undefined) expect(config).to.deep.equal({});
      else compile<unknown>(schema).assert(structuredClone(config), instance, 'CONFIG_INVALID');
    });
  }
});

describe('echo', () => {
  it('answers what it is told', async () => {
    const agent = await StartedAgent.start(echo);
    expect(await agent.call('say', { text: 'hi' })).to.deep.equal({ text: 'hi' });
    await expectRejection('INVALID_INPUT', agent.call('say', { text: 7 }));
  });
});

describe('host-monitor', () => {
  it('samples from its start to its end', async () => {
    const agent = await StartedAgent.start(hostMonitor, { intervalMs: 100 });
    expect(await agent.call('sample')).to.have.property('cores');
    await until(() => agent.context.published.length > 0);
    await agent.stop();
    expect(agent.context.published[0]?.topic).to.equal('host.main.metrics');
  });

  it('refuses a threshold that it does not know', async () => {
    const config = { thresholds: { temperature: 90 } };
    const error = await expectRejection('CONFIG_INVALID', StartedAgent.start(hostMonitor, config));
    expect(error.message).to.include('temperature');
  });
});

describe('http-probe', () => {
  it('probes from its start to its end, and when it is asked to', async () => {
    const config = { targets: [{ name: 'nobody', tcp: '127.0.0.1:1' }], intervalMs: 100 };
    const agent = await StartedAgent.start(httpProbe, config);
    expect(await agent.call('check', { name: 'nobody' })).to.include({ target: 'nobody', ok: false });
    await until(() => agent.context.store.reports.length > 0);
    await agent.stop();
    expect(agent.context.store.reports[0]).to.include({ code: 'PROBE_FAILED' });
  });

  it('refuses to start without anything to probe', async () => {
    await expectRejection('CONFIG_INVALID', StartedAgent.start(httpProbe, { targets: [] }));
  });
});

describe('log-watcher', () => {
  const folder = useTempFolder();
  const config = { files: ['*.log'], pollMs: 10, rules: [{ name: 'failure', pattern: 'ERROR', severity: 'error' }] };
  const write = (text: string) => {
    mkdirSync(folder.path, { recursive: true });
    appendFileSync(join(folder.path, 'app.log'), text);
  };

  it('notices what is written from the moment it is ready until it ends, and goes on there when it is started again', async () => {
    write('ERROR old\n');
    const agent = await StartedAgent.start(logWatcher, config, { home: folder.path });
    const { store } = agent.context;
    write('ERROR one\n');
    await until(() => store.reports.length === 1);
    write('nothing\n');
    await agent.stop();
    write('ERROR two\n');
    const again = await StartedAgent.start(logWatcher, config, { home: folder.path, store });
    await until(() => store.reports.length === 2);
    const { files } = (await again.call('files')) as { files: { file: string; offset: number }[] };
    expect(files).to.have.length(1);
    expect(files[0]).to.include({ file: 'app.log', offset: 38 });
    await again.stop();
    expect(store.reports.map(({ message }) => message)).to.deep.equal(['ERROR one', 'ERROR two']);
  });

  it('lives through a journal that refuses', async () => {
    const agent = await StartedAgent.start(logWatcher, config, { home: folder.path });
    const { store } = agent.context;
    store.faults.push('refuse', 'refuse', 'lose answer');
    write('ERROR one\n');
    await until(() => store.reports.length > 0 && store.faults.length === 0);
    await agent.stop();
    expect(store.reports.map(({ message }) => message)).to.deep.equal(['ERROR one']);
  });

  it('refuses a pattern that is no expression, and names its rule', async () => {
    const broken = { ...config, rules: [{ name: 'broken', pattern: '[' }] };
    const error = await expectRejection(
      'CONFIG_INVALID',
      StartedAgent.start(logWatcher, broken, { home: folder.path }),
    );
    expect(error.message).to.include('rule broken');
  });
});
