// The layers of the design as rules: imports only point down, and each foreign edge has one importer.
const only = (name, library, owner) => ({
  name,
  severity: 'error',
  comment: `${library} has one importer: ${owner}`,
  from: { path: '^(agents|broker|cli|common)/', pathNot: owner },
  to: { path: library },
});
const layer = (name, from, to, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { path: to },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    layer(
      'core-is-the-floor',
      '^common/core/',
      '^(common/(protocol|config|registry|wire|journal)|broker|agents|cli|test|bench)/',
      'level 0 imports nothing of ours',
    ),
    {
      name: 'core-is-built-ins-only',
      severity: 'error',
      comment: 'level 0 uses Node built-ins only',
      from: { path: '^common/(core|launch)/' },
      to: { dependencyTypes: ['npm'] },
    },
    layer(
      'protocol-looks-down',
      '^common/protocol/',
      '^(common/(config|registry|wire|journal)|broker|agents|cli|test|bench)/',
      'level 1',
    ),
    layer(
      'registry-looks-down',
      '^common/registry/',
      '^(common/(config|wire|journal)|broker|agents|cli|test|bench)/',
      'level 1',
    ),
    layer(
      'log-looks-down',
      '^common/log/',
      '^(common/(config|registry|wire|journal)|broker|agents|cli|test|bench)/',
      'level 1',
    ),
    layer(
      'config-looks-down',
      '^common/config/',
      '^(common/(registry|wire|journal)|broker|agents|cli|test|bench)/',
      'level 1',
    ),
    layer(
      'wire-looks-down',
      '^common/wire/',
      '^(common/(config|registry|journal)|broker|agents|cli|test|bench)/',
      'level 2',
    ),
    layer(
      'journal-looks-down',
      '^common/journal/',
      '^(common/(config|registry|wire)|broker|agents|cli|test|bench)/',
      'level 2',
    ),
    layer('broker-looks-down', '^broker/', '^(agents|cli|test|bench)/', 'broker and agents meet on the wire'),
    layer('sdk-looks-down', '^agents/sdk/', '^(broker|agents/(?!sdk/)|cli|test|bench)/', 'level 3'),
    layer('agents-look-down', '^agents/', '^(broker|cli|test|bench)/', 'level 4'),
    layer('agents-do-not-know-the-node', '^agents/(?!node/)', '^agents/node/', 'an agent meets its node on the wire'),
    layer('cli-looks-down', '^cli/', '^(broker|test|bench)/', 'level 5'),
    layer('nothing-imports-tests', '^(agents|broker|cli|common)/', '^(test|bench)/', 'level 6'),
    only('one-importer-of-zeromq', '^node_modules/zeromq/', '^common/wire/'),
    only('one-importer-of-sqlite', '^node_modules/(@types/)?better-sqlite3/', '^common/journal/'),
    only('one-importer-of-msgpackr', '^node_modules/msgpackr/', '^common/protocol/frames/codec'),
    only('one-importer-of-convict', '^node_modules/(@types/)?convict/', '^common/config/settings'),
    only('one-importer-of-yaml', '^node_modules/yaml/', '^common/config/source/yaml-source'),
    only('one-importer-of-semver', '^node_modules/(@types/)?semver/', '^agents/sdk/calls/choice/version-range'),
    only(
      'one-importer-of-stacktrace-parser',
      '^node_modules/stacktrace-parser/',
      '^common/protocol/errors/stack-frames',
    ),
    {
      name: 'agents-do-not-read-stacks',
      severity: 'error',
      comment: 'errors are grouped by their node and on main: what that needs is no part of an agent',
      from: { path: '^agents/sdk/' },
      to: { path: '^common/protocol/errors/(fingerprint|stack-frames)\\.ts$', reachable: true },
    },
    only('one-importer-of-chokidar', '^node_modules/chokidar/', '^cli/development/file-watch'),
    only('one-importer-of-cockatiel', '^node_modules/cockatiel/', '^agents/sdk/calls/policies/resilience'),
    only('one-importer-of-typebox', '^node_modules/typebox/', '^common/protocol/(type|schema-walk)\\.'),
    only('one-importer-of-pino', '^node_modules/pino/', '^common/log/'),
    {
      name: 'one-importer-of-child-process',
      severity: 'error',
      comment:
        'processes are started in one place per layer; the keeper and `mesh wrap` start one each, and load nothing else; an alerter runs the commands of its routes',
      from: {
        path: '^(agents|broker|cli|common)/',
        pathNot:
          '^(agents/node/programs/child-process|agents/node/keeper/keeper|agents/alerter/routes/command|cli/launch/node-process|cli/wrap/wrapped-process)\\.ts$',
      },
      to: { path: '^(node:)?child_process$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
