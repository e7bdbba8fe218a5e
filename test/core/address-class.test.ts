/** What kind of place an address is: the table that stands between a webhook and the inside of the house. */
import { expect } from 'chai';
import { type AddressClass, addressClass } from '../../common/core/address-class.js';

const rows: Readonly<Record<AddressClass, readonly string[]>> = {
  public: [
    '1.1.1.1',
    '172.15.0.1',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '2002:101:101::1',
    '::ffff:1.1.1.1',
    '64:ff9b::101:101',
  ],
  private: [
    ...[
      '127.0.0.1',
      '127.255.255.254',
      '10.0.0.1',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '100.64.0.1',
      '198.18.0.1',
    ],
    ...[
      '::1',
      '0:0:0:0:0:0:0:1',
      'fc00::1',
      'fdff::1',
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::127.0.0.1',
      '::ffff:0:127.0.0.1',
    ],
    ...['64:ff9b::7f00:1', '64:ff9b::10.0.0.1', '2002:7f00:1::', '2002:c0a8:101::1', '::ffff:192.168.0.1'],
  ],
  forbidden: [
    ...[
      '0.0.0.0',
      '0.1.2.3',
      '169.254.169.254',
      '169.254.0.1',
      '100.100.100.200',
      '192.0.0.1',
      '192.0.2.1',
      '224.0.0.1',
      '240.0.0.1',
      '255.255.255.255',
    ],
    ...[
      '::',
      'fe80::1',
      'fe80::1%eth0',
      'fec0::1',
      'ff02::1',
      '2001:db8::1',
      '2001::1',
      '3fff::1',
      'fd00:ec2::254',
      '4000::1',
      '100::1',
    ],
    ...[
      '::ffff:169.254.169.254',
      '::ffff:a9fe:a9fe',
      '64:ff9b::a9fe:a9fe',
      '64:ff9b:1::a9fe:a9fe',
      '64:ff9b:1:1::1',
      '2002:a9fe:a9fe::',
      '::ffff:0.0.0.0',
    ],
    ...['localhost', '2130706433', '0177.0.0.1', '127.1', '0x7f.0.0.1', '', '1.2.3.4.5', '[::1]'],
  ],
};

describe('an address', () => {
  for (const [kind, addresses] of Object.entries(rows)) {
    for (const address of addresses) {
      it(`is ${kind}: ${address || 'an empty text'}`, () => {
        expect(addressClass(address)).to.equal(kind);
      });
    }
  }
});
