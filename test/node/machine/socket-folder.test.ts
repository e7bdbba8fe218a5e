/** The folder of socket files: whose are kept, and which names have room. */
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { SocketFolder } from '../../../agents/node/machine/socket-folder.js';
import { useTempFolder } from '../../support/temp-folder.js';

describe('the folder of socket files', () => {
  const temp = useTempFolder();
  let path: string;
  beforeEach(() => {
    path = join(temp.path, 'ipc');
  });

  it('can be entered by its owner alone, though it was there with other rights', () => {
    mkdirSync(path, { mode: 0o755 });
    new SocketFolder(path);
    expect(statSync(path).mode & 0o777).to.equal(0o700);
  });

  it('has a file for an incarnation where the path has room for its name', () => {
    const folder = new SocketFolder(path);
    expect(folder.endpointOf('echo', 7)).to.equal(`ipc://${path}/echo-7`);
    const name = 'a'.repeat(107 - path.length - '/'.length - '-7'.length);
    expect(folder.endpointOf(name, 7)).to.equal(`ipc://${path}/${name}-7`);
    expect(folder.endpointOf(name, 77)).to.equal('');
    folder.remove(name, 77);
  });

  it('loses the files of those who do not live, one by one or all at once', () => {
    const folder = new SocketFolder(path);
    for (const file of ['echo-7', 'echo-8', 'other-1', 'gone-9']) writeFileSync(join(path, file), '');
    folder.remove('other', 1);
    folder.remove('other', 1);
    folder.sweep([{ name: 'echo', epoch: 8 }]);
    expect(readdirSync(path)).to.deep.equal(['echo-8']);
  });
});
