import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { trusted, withCertificates, withCertificatesPutBy } from '../../common/core/extra-certificates.js';
import { useTempFolder } from '../support/temp-folder.js';

describe('the certificates that a user names', () => {
  const folder = useTempFolder();
  const named = { PATH: '/bin', NODE_EXTRA_CA_CERTS: '/etc/authority.pem' };

  it('are put by on the way to the agents, and are there again as they were', () => {
    const putBy = withCertificatesPutBy(named);
    expect(putBy).to.not.have.property('NODE_EXTRA_CA_CERTS');
    expect(withCertificates(putBy)).to.include(named);
  });

  it('stay where they are when there are none, or when the user says in another way too whom to trust', () => {
    const env = { PATH: '/bin' };
    expect(withCertificatesPutBy(env)).to.equal(env);
    expect(withCertificates(env)).to.equal(env);
    const both = { ...named, NODE_OPTIONS: '--max-old-space-size=99 --use-openssl-ca' };
    expect(withCertificatesPutBy(both)).to.equal(both);
  });

  it('are trusted beside those of Node, and a file that cannot be read changes nothing', () => {
    const file = join(folder.path, 'authority.pem');
    const env = withCertificatesPutBy({ NODE_EXTRA_CA_CERTS: file });
    expect(trusted(env, ['root'])).to.deep.equal({});
    writeFileSync(file, 'ours');
    expect(trusted(env, ['root'])).to.deep.equal({ ca: ['root', 'ours'] });
    expect(trusted({}, ['root'])).to.deep.equal({});
  });
});
