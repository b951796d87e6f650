/**
 * MAC addresses as numbers of 48 bits.
 */
import { assert } from './assert.ts';

export type Mac = number;

export const MAC_BROADCAST: Mac = 0xffffffffffff;
export const MAC_ZERO: Mac = 0;

export function formatMac(mac: Mac): string {
  return mac
    .toString(16)
    .padStart(12, '0')
    .replace(/(..)(?!$)/g, '$1:');
}

export function parseMac(text: string): Mac | undefined {
  if (!/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(text)) return undefined;
  return Number.parseInt(text.replaceAll(':', ''), 16);
}

export function mac(text: string): Mac {
  const value = parseMac(text);
  assert(value !== undefined, `"${text}" is a MAC address`);
  return value;
}

/** Group bit: broadcast and multicast. */
export function isMacMulticast(value: Mac): boolean {
  return Math.floor(value / 2 ** 40) % 2 === 1;
}

/** Makes 48 random bits a locally administered unicast address (eth_hw_addr_random). */
export function macFromRandom(high24: number, low24: number): Mac {
  const first = ((high24 >>> 16) & 0xfc) | 0x02;
  return (first * 2 ** 16 + (high24 & 0xffff)) * 2 ** 24 + (low24 & 0xffffff);
}
