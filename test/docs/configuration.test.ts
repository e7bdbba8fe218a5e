/** The guide of the configuration has a row for every key of the schemas, and the defaults that are really taken. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { breakerDefaults } from '../../agents/sdk/calls/policies/breaker.js';
import { retryBudgetDefaults } from '../../agents/sdk/calls/policies/retry-budget.js';
import { resolvePolicies } from '../../common/config/rules/policies.js';
import { MachineFile, MeshFile } from '../../common/config/schemas.js';
import { parseSource } from '../../common/config/source/yaml-source.js';
import { limits } from '../../common/core/limits.js';
import { callStrategies, PolicyRule } from '../../common/protocol/call-policy.js';

const text = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');

/** Key → default, of the tables below a title. */
function rowsUnder(title: string): Map<string, string> {
  const part = text.split(`\n${title}`)[1]?.split(/\n## /)[0] ?? '';
  return new Map(
    [...part.matchAll(/^\| `([\w.*]+)` \| ([^|]*?) *\|/gm)].map(([, key = '', value = '']) => [key, value]),
  );
}

/** The members of a part of a schema, `properties` or `anyOf`, by their names. */
function partOf(schema: unknown, part: string): [string, unknown][] {
  const found =
    typeof schema === 'object' && schema !== null ? Object.entries(schema).find(([key]) => key === part) : undefined;
  return Object.entries(found?.[1] ?? {});
}

/** `restart.firstMs` for every key that has a name of its own; `*` stands for a name that somebody gives. */
function keysOf(schema: unknown, path = ''): string[] {
  const named = partOf(schema, 'properties').flatMap(([key, inner]) =>
    keysOf(inner, path === '' ? key : `${path}.${key}`),
  );
  const given = partOf(schema, 'patternProperties').flatMap(([, inner]) => keysOf(inner, `${path}.*`));
  const branches = partOf(schema, 'anyOf').flatMap(([, branch]) => keysOf(branch, path));
  const inside = [...named, ...given, ...branches].filter((key) => !key.endsWith('.*'));
  return [...new Set([path, ...inside])].filter((key) => key !== '');
}

const machineKeys = keysOf(MachineFile).filter((key) => !['launch', 'logs', 'journal', 'journal.backup'].includes(key));
const isOfAgent = (key: string) => key.startsWith('agents.*.');
const isOfProbe = (key: string) => /^(ready|alive)\./.test(key);
const agentKeys = machineKeys.filter(isOfAgent).map((key) => key.slice('agents.*.'.length));
const groups = ['limits', 'hooks'];

describe('docs/configuration.md', () => {
  it('has every key of the mesh', () => expect([...rowsUnder('## The mesh').keys()]).to.have.members(keysOf(MeshFile)));

  it('has every key of a machine', () =>
    expect([...rowsUnder('## A machine').keys()]).to.have.members(machineKeys.filter((key) => !isOfAgent(key))));

  it('has every key of an agent and of its probes', () => {
    const wanted = agentKeys.filter((key) => !isOfProbe(key) && !groups.includes(key));
    const ofProbes = agentKeys.filter((key) => key.startsWith('ready.')).map((key) => key.slice('ready.'.length));
    expect([...rowsUnder('## An agent').keys()]).to.have.members([...wanted, ...ofProbes]);
  });

  it('has every key of a policy', () => {
    const wanted = keysOf(PolicyRule).filter(
      (key) => !['match', 'retryBudget', 'breaker', 'bulkhead', 'fallback'].includes(key),
    );
    expect([...rowsUnder('## Calls').keys()]).to.have.members(wanted);
  });

  it('tells the defaults of policies as they are', () => {
    const rows = rowsUnder('## Calls');
    for (const [key, value] of [
      ['timeoutMs', limits.requestTimeoutMs],
      ['retries', limits.callRetries],
      ['retryBudget.ratio', retryBudgetDefaults.ratio],
      ['retryBudget.minPerSecond', retryBudgetDefaults.minPerSecond],
      ['breaker.consecutiveFailures', breakerDefaults.consecutiveFailures],
      ['breaker.failureRate', breakerDefaults.failureRate],
      ['breaker.windowMs', breakerDefaults.windowMs],
      ['breaker.callsMin', breakerDefaults.callsMin],
      ['breaker.openMs', breakerDefaults.openMs],
      ['breaker.openMsMax', breakerDefaults.openMsMax],
      ['strategy', `\`${callStrategies[0]}\``],
      ['localityWeight', limits.localityWeight],
    ] as const)
      expect(rows.get(key), key).to.equal(String(value));
  });

  it('has an example of policies that is one', () => {
    const [, example = ''] = /```yaml\n# config\/policies\.yaml\n([\s\S]*?)```/.exec(text) ?? [];
    const { tree } = parseSource(example, 'config/policies.yaml');
    const { policies, issues } = resolvePolicies(
      tree.kind === 'list' ? tree.items : [],
      new Set(['vision', 'vision-small']),
    );
    expect(issues).to.deep.equal([]);
    expect(policies.rules).to.have.length(3);
  });

  it('tells the defaults as they are', () => {
    const agent = rowsUnder('## An agent');
    const machine = rowsUnder('## A machine');
    for (const [key, value] of [
      ['readyTimeoutMs', limits.readyTimeoutMs],
      ['stopGraceMs', limits.stopGraceMs],
      ['restart.firstMs', limits.restartFirstMs],
      ['restart.maxMs', limits.restartMaxMs],
      ['restart.stableMs', limits.restartStableMs],
      ['restart.starts', limits.restartStarts],
      ['restart.windowMs', limits.restartWindowMs],
      ['hooks.timeoutMs', limits.hookTimeoutMs],
      ['intervalMs', limits.probeIntervalMs],
      ['timeoutMs', limits.probeTimeoutMs],
      ['failures', limits.probeFailures],
    ] as const)
      expect(agent.get(key), key).to.equal(String(value));
    expect(machine.get('launch.parallel')).to.equal(`${limits.launchPerCore} × processors`);
    expect(machine.get('logs.rotateMiB')).to.equal(String(limits.agentLogBytesMax / 1_048_576));
    expect(machine.get('logs.rotateHours')).to.equal(String(limits.agentLogAgeMsMax / 3_600_000));
    expect(machine.get('logs.totalMiB')).to.equal(String(limits.machineLogBytesMax / 1_048_576));
    expect(text).to.contain('goes on serving for a second');
    expect(limits.rolloutStableMs).to.equal(1_000);
  });
});
