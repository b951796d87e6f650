// Captures, read by tshark where it is installed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeFrame } from './frame.ts';
import { packetArbitrary } from './packet-arbitrary.test.ts';
import { pcapngInterface, pcapngPacket, pcapngSection } from './pcapng.ts';

const hasTshark = spawnSync('tshark', ['--version']).status === 0;

test('blocks are whole words and tell their length twice', () => {
  for (const block of [
    pcapngSection(),
    pcapngInterface('node-1/eth0'),
    pcapngPacket({ interfaceIndex: 0, atNs: 5_000_000_001, bytes: new Uint8Array(61) }),
  ]) {
    const view = new DataView(block.buffer, block.byteOffset, block.length);
    assert.equal(view.getUint32(4, true), block.length);
    assert.equal(view.getUint32(block.length - 4, true), block.length);
    assert.equal(block.length % 4, 0);
  }
});

test('tshark reads every frame without a complaint', {
  skip: hasTshark ? false : 'tshark is not installed',
}, () => {
  const packets = fc.sample(packetArbitrary, { numRuns: 60, seed: 20_240_501 });
  const blocks = [pcapngSection(), pcapngInterface('node-1/eth0'), pcapngInterface('pod/eth0')];
  for (const [index, packet] of packets.entries()) {
    const atNs = 1_500_000_000 + index;
    blocks.push(pcapngPacket({ interfaceIndex: index % 2, atNs, bytes: encodeFrame(packet) }));
  }
  const rows = readWithTshark(Buffer.concat(blocks));
  assert.equal(rows.length, packets.length);
  for (const [index, row] of rows.entries()) {
    const [time, name, length, protocols, ...badness] = row;
    assert.equal(time, `1.5${String(index).padStart(8, '0')}`);
    assert.equal(name, index % 2 === 0 ? 'node-1/eth0' : 'pod/eth0');
    assert.equal(Number(length), encodeFrame(packets[index] as never).length);
    assert.match(protocols ?? '', /^eth:/);
    assert.deepEqual(badness.join(''), '', `frame ${index + 1} is sound`);
  }
});

/** Rows of: time, interface, length, protocols, then fields that are empty unless a checksum is bad. */
function readWithTshark(bytes: Uint8Array): string[][] {
  const folder = mkdtempSync(path.join(tmpdir(), 'podwire-pcap-'));
  try {
    const file = path.join(folder, 'test.pcapng');
    writeFileSync(file, bytes);
    const fields = ['frame.time_epoch', 'frame.interface_name', 'frame.len', 'frame.protocols'];
    const bad = ['ip.checksum_bad.expert', 'udp.checksum.bad', 'tcp.checksum_bad.expert'];
    const args = ['-n', '-r', file, '-T', 'fields', '-E', 'separator=/t', '-E', 'occurrence=f'];
    for (const option of ['ip.check_checksum', 'udp.check_checksum', 'tcp.check_checksum']) {
      args.push('-o', `${option}:TRUE`);
    }
    for (const field of [...fields, ...bad]) args.push('-e', field);
    const done = spawnSync('tshark', args, { encoding: 'utf8' });
    assert.equal(done.status, 0, done.stderr);
    return done.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
